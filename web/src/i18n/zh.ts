import { alerts } from "./zh/alerts";
import { pages } from "./zh/pages";
import { shell } from "./zh/shell";

export const zh = { ...shell, ...pages, ...alerts };
