/**
 * Saves a file in the browser.
 * @param pieces of its text or its bytes
 * @param type its media type
 */
export function saveFile(name: string, pieces: readonly BlobPart[], type = 'application/json'): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([...pieces], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
