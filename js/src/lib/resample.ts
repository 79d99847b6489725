/**
 * Maps made smaller for the grid by averaging, so that a small tile shows what the large map holds
 * and not every n-th cell of it. Works on codes: scaling a tile's colours commutes with averaging.
 */

/** Mean over the cells that fall on each pixel, for every tile at once. */
export function shrinkTiles(
  codes: Uint8Array,
  count: number,
  rows: number,
  cols: number,
  toRows: number,
  toCols: number,
): Uint8Array {
  if (rows === toRows && cols === toCols) return codes;
  const small = new Uint8Array(count * toRows * toCols);
  const columnEdge = edges(cols, toCols);
  const rowEdge = edges(rows, toRows);
  const sums = new Uint32Array(cols);
  for (let tile = 0; tile < count; tile++) {
    for (let row = 0; row < toRows; row++) {
      sumRows(codes, sums, tile * rows * cols, rowEdge[row], rowEdge[row + 1], cols);
      const height = rowEdge[row + 1] - rowEdge[row];
      const to = (tile * toRows + row) * toCols;
      for (let col = 0; col < toCols; col++) {
        let sum = 0;
        for (let from = columnEdge[col]; from < columnEdge[col + 1]; from++) sum += sums[from];
        small[to + col] = Math.round(sum / (height * (columnEdge[col + 1] - columnEdge[col])));
      }
    }
  }
  return small;
}

function sumRows(
  codes: Uint8Array,
  sums: Uint32Array,
  start: number,
  firstRow: number,
  endRow: number,
  cols: number,
): void {
  sums.fill(0);
  for (let row = firstRow; row < endRow; row++) {
    const from = start + row * cols;
    for (let col = 0; col < cols; col++) sums[col] += codes[from + col];
  }
}

/** Where each of `to` equal parts of `from` cells begins, and the end. */
function edges(from: number, to: number): Uint32Array {
  return Uint32Array.from({ length: to + 1 }, (_, part) => Math.round((part * from) / to));
}
