import { markup, type Html } from './html';

/** A table in a region that can also be scrolled with the keyboard. Its title has the id `ID-title`. */
export function table(id: string, heads: readonly Html[], rows: readonly Html[]): Html {
  return markup`<div class="scroll" role="region" aria-labelledby="${id}-title" tabindex="0">
    <table id="${id}" aria-labelledby="${id}-title">
      <thead>
        <tr>
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

export function head(text: string): Html {
  return markup`<th scope="col">${text}</th>`;
}

/** The head of a column that {@link TABLE_SCRIPT} can sort by. */
export function sorted(text: string): Html {
  return markup`<th scope="col"><button type="button">${text}</button></th>`;
}

/**
 * Plain JavaScript for browsers: sorts a table by its columns and filters it by words and one choice, which rows have
 * as the attribute `data-NAME`. A cell is sorted by its `data-value`, if it has one. The form is `filters`, with
 * `filter` and `shown` in it.
 */
export const TABLE_SCRIPT = `
  const $ = (id) => document.getElementById(id);
  document.documentElement.classList.add('js');

  function sortAndFilter(table, choice, name, noun) {
    const rows = [...table.tBodies[0].rows];
    function filter() {
      const words = $('filter').value.toLowerCase().split(/\\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = words.length > 0 ? row.textContent.toLowerCase() : '';
        const fits = (choice.value === '' || row.dataset[name] === choice.value) && words.every((word) => text.includes(word));
        row.hidden = !fits;
        if (fits) shown += 1;
      }
      $('shown').textContent = shown + ' of ' + rows.length + ' ' + noun;
    }
    $('filter').addEventListener('input', filter);
    choice.addEventListener('change', filter);
    $('filters').addEventListener('submit', (event) => event.preventDefault());

    for (const button of table.tHead.querySelectorAll('button')) {
      button.addEventListener('click', () => {
        const head = button.closest('th');
        const up = head.getAttribute('aria-sort') !== 'ascending';
        for (const other of head.parentElement.cells) other.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
        const text = (row) => row.cells[head.cellIndex].dataset.value || row.cells[head.cellIndex].textContent.trim();
        rows.sort((a, b) => (up ? 1 : -1) * text(a).localeCompare(text(b), 'en', { numeric: true }));
        table.tBodies[0].append(...rows);
      });
    }
    filter();
  }
`;
