import { duration } from "../format";
import { locale, t } from "../i18n";
import { dashes, path } from "../sparkline";

const WIDTH = 92;
const HEIGHT = 18;

/** 24 hours at a glance: answer times as a line, hours that were not wholly up as bars below it. */
export function Sparkline({ values, uptime }: { values: (number | null)[]; uptime: (number | null)[] }) {
  const known = values.filter((value) => value !== null);
  const label = known.length === 0
    ? t("spark.none")
    : t("spark.label", { least: duration(Math.min(...known), locale()), most: duration(Math.max(...known), locale()) });
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT + 6}`} role="img" aria-label={label}>
      <title>{label}</title>
      <path class="spark-line" d={path(values, WIDTH - 4, HEIGHT - 4)} transform="translate(2 2)" />
      <path class="spark-up" d={dashes(uptime, WIDTH, HEIGHT + 3.5, (share) => share >= 90)} />
      <path class="spark-degraded" d={dashes(uptime, WIDTH, HEIGHT + 3.5, (share) => share >= 50 && share < 90)} />
      <path class="spark-down" d={dashes(uptime, WIDTH, HEIGHT + 3.5, (share) => share < 50)} />
    </svg>
  );
}
