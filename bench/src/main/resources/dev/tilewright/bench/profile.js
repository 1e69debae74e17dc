'use strict';
// Rows, points and bars of one layer carry the same data-l; the row has the text for all.
const marks = new Map();
for (const mark of document.querySelectorAll('[data-l]')) {
  const key = mark.dataset.l;
  if (!marks.has(key)) marks.set(key, []);
  marks.get(key).push(mark);
}
const texts = new Map();
for (const row of document.querySelectorAll('tr[data-tip]')) texts.set(row.dataset.l, row.dataset.tip);

const tip = document.getElementById('tip');
let shown = null;
function show(key) {
  if (key === shown) return;
  for (const mark of marks.get(shown) || []) mark.classList.remove('on');
  for (const mark of marks.get(key) || []) mark.classList.add('on');
  shown = key;
}
document.addEventListener('mousemove', event => {
  const mark = event.target.closest ? event.target.closest('[data-l]') : null;
  show(mark ? mark.dataset.l : null);
  tip.hidden = !mark || mark.tagName === 'TR';
  if (tip.hidden) return;
  tip.textContent = texts.get(mark.dataset.l);
  const left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
  const below = event.clientY + 16;
  const fits = innerHeight >= below + tip.offsetHeight;
  tip.style.left = Math.max(8, left) + 'px';
  tip.style.top = (fits ? below : event.clientY - tip.offsetHeight - 10) + 'px';
});

const table = document.getElementById('layers');
const heads = Array.from(table.tHead.rows[0].cells);
heads.forEach((head, column) => head.addEventListener('click', () => {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const numeric = rows.every(row => row.cells[column].dataset.v !== undefined);
  const value = row => numeric ? Number(row.cells[column].dataset.v) : row.cells[column].textContent;
  // The first click on a number shows the largest first, but for the layers' own order.
  const before = head.getAttribute('aria-sort');
  const down = before ? before === 'ascending' : numeric ? column !== 0 : false;
  rows.sort((a, b) => (down ? -1 : 1) * (numeric ? value(a) - value(b) : value(a).localeCompare(value(b))));
  heads.forEach(other => other.removeAttribute('aria-sort'));
  head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
  rows.forEach(row => body.appendChild(row));
}));
document.documentElement.dataset.layers = texts.size;
