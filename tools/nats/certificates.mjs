// The TLS of one installation's bus: an authority of its own that lives for one signature, and the server's certificate.
import { createPrivateKey, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { discardDrafts, writeDurably } from '../../libs/platform/src/files/durable-files.mjs';

const DAY_MS = 86_400_000;

/** Private to one installation and renewed well before: nobody else relies on it, so it may live long. */
const LIFE_MS = 3_650 * DAY_MS;
const RENEW_BEFORE_MS = 365 * DAY_MS;

/**
 * Makes an authority and, signed by it, a certificate for the server. The authority's key is not kept: nothing else can
 * ever be signed by it.
 * @param {readonly string[]} names host names and IPv4 addresses that the services connect to
 * @returns {Promise<{ authority: string, certificate: string, key: string }>} PEM texts; the key is the server's
 */
async function makeCertificates(names) {
  const { default: forge } = await import('node-forge');
  /** A key made by Node, as the library takes it. */
  const newKey = () => {
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2_048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const signing = forge.pki.privateKeyFromPem(privateKey);
    return { pem: privateKey, signing, verifying: forge.pki.setRsaPublicKey(signing.n, signing.e) };
  };
  const now = Date.now();
  /** @param {string} name @param {string} issuer @param {ReturnType<typeof newKey>} key @param {object[]} extensions */
  const certificate = (name, issuer, key, extensions) => {
    const one = forge.pki.createCertificate();
    one.publicKey = key.verifying;
    // A serial number is positive: its first bit is not set.
    one.serialNumber = `01${randomBytes(15).toString('hex')}`;
    one.validity.notBefore = new Date(now - DAY_MS);
    one.validity.notAfter = new Date(now + LIFE_MS);
    one.setSubject([{ name: 'commonName', value: name }]);
    one.setIssuer([{ name: 'commonName', value: issuer }]);
    one.setExtensions(extensions);
    return one;
  };
  const AUTHORITY = 'Secure Chat, the bus of one installation';
  const authorityKey = newKey();
  const authority = certificate(AUTHORITY, AUTHORITY, authorityKey, [
    { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
    { name: 'keyUsage', keyCertSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  authority.sign(authorityKey.signing, forge.md.sha256.create());
  const serverKey = newKey();
  const server = certificate(names[0] ?? '', AUTHORITY, serverKey, [
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    {
      name: 'subjectAltName',
      // 2 is a name and 7 an address (RFC 5280, GeneralName).
      altNames: names.map((name) =>
        /^[\d.]+$/.test(name) ? { type: 7, ip: name } : { type: 2, value: name },
      ),
    },
  ]);
  server.sign(authorityKey.signing, forge.md.sha256.create());
  return {
    authority: forge.pki.certificateToPem(authority),
    certificate: forge.pki.certificateToPem(server),
    key: serverKey.pem,
  };
}

/**
 * Makes an installation's certificates, unless they are there and good for another year.
 * @param {{ authority: string, certificate: string, key: string }} files paths; mode 0600
 * @param {readonly string[]} names host names and IPv4 addresses that the services connect to
 * @param {{ renew?: boolean }} [options] `renew` makes new ones in any case
 */
export async function busCertificates(files, names, { renew = false } = {}) {
  if (!renew && areGood(files)) return;
  const made = await makeCertificates(names);
  for (const what of /** @type {const} */ (['key', 'certificate', 'authority'])) {
    discardDrafts(files[what]);
    writeDurably(files[what], made[what]);
  }
}

/**
 * Whether the files belong together and last: what was interrupted while it was made does not.
 * @param {{ authority: string, certificate: string, key: string }} files
 */
function areGood({ authority, certificate, key }) {
  if (![authority, certificate, key].every((file) => existsSync(file))) return false;
  try {
    const server = new X509Certificate(readFileSync(certificate));
    return (
      server.verify(new X509Certificate(readFileSync(authority)).publicKey) &&
      server.checkPrivateKey(createPrivateKey(readFileSync(key))) &&
      Date.parse(server.validTo) > Date.now() + RENEW_BEFORE_MS
    );
  } catch {
    return false;
  }
}
