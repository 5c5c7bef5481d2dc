/** Saves a JSON file in the browser. @param pieces of its text or its bytes */
export function saveFile(name: string, pieces: readonly BlobPart[]): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([...pieces], { type: 'application/json' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
