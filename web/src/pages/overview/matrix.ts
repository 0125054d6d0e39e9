// The same models as a matrix: a row a model's name, a column a channel.
import type { ModelRow } from "../../types";

export interface Column {
  gateway: string;
  channel: number;
  name: string;
}

export interface MatrixRow {
  model: string;
  /** Only what there is: most models are on few channels. */
  cells: { column: number; row: ModelRow }[];
}

export interface Matrix {
  columns: Column[];
  rows: MatrixRow[];
}

/** Columns and rows in the order in which the models come. */
export function matrix(models: readonly ModelRow[]): Matrix {
  const columns = new Map<string, { place: number; column: Column }>();
  const rows = new Map<string, MatrixRow>();
  for (const row of models) {
    const key = `${row.channel} ${row.gateway}`;
    let found = columns.get(key);
    if (found === undefined) {
      found = { place: columns.size, column: { gateway: row.gateway, channel: row.channel, name: row.channel_name } };
      columns.set(key, found);
    }
    let line = rows.get(row.model_id);
    if (line === undefined) {
      line = { model: row.model_id, cells: [] };
      rows.set(row.model_id, line);
    }
    line.cells.push({ column: found.place, row });
  }
  return { columns: [...columns.values()].map(({ column }) => column), rows: [...rows.values()] };
}

/** Columns are drawn by the ten, so that a small move draws nothing. */
const TEN = 10;

/** The columns between `left` and `left + width` px, and up to ten on either side. */
export function columnsSeen(left: number, width: number, column: number): { first: number; end: number } {
  return {
    first: Math.max(0, Math.floor(left / column / TEN) * TEN - TEN),
    end: Math.ceil((left + width) / column / TEN) * TEN,
  };
}
