/**
 * Index of the first child that reaches below a height, or the number of children.
 * @param list whose children stand one below the other
 * @param y in pixels from the top of the window
 */
export function firstBelow(list: Element, y: number): number {
  const { children } = list;
  let low = 0;
  let high = children.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((children[middle]?.getBoundingClientRect().bottom ?? 0) > y) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Index of the last child that ends above a height, or -1. */
export function lastAbove(list: Element, y: number): number {
  return firstBelow(list, y) - 1;
}
