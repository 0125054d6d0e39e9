import { useLayoutEffect, useRef } from "preact/hooks";
import { CopyButton } from "../../components/copy";
import { Ms, Percent, Time } from "../../components/figures";
import { Icon } from "../../components/icons";
import { Light } from "../../components/light";
import { Name, Words } from "../../components/name";
import { Sparkline } from "../../components/sparkline";
import { t } from "../../i18n";
import { go, href } from "../../router";
import type { ModelRow } from "../../types";
import { word } from "../acts/words";

interface LineProps {
  row: ModelRow;
  index: number;
  active: boolean;
  open: boolean;
  manyGateways: boolean;
  onMark: (id: number) => void;
  onToggle: (id: number) => void;
  /** How high the opened part is (px). */
  onHeight: (height: number) => void;
}

/** One model: a line of the table, or a card on a phone; opened, also why it stands as it does. */
export function ModelLine({ row, index, active, open, manyGateways, onMark, onToggle, onHeight }: LineProps) {
  const click = (event: MouseEvent): void => {
    onMark(row.id);
    if (event.target instanceof Element && event.target.closest("a, button, .why") !== null) return;
    // Whoever marks a text wants the text.
    if (getSelection()?.isCollapsed === false) return;
    go("model", row.id);
  };
  return (
    <>
      <div
        id={`row-${row.id}`} class={`line${active ? " line-active" : ""}${row.listed ? "" : " line-off"}`} role="row" aria-rowindex={index}
        aria-selected={active} onClick={click} data-testid="model-row" data-id={row.id} data-light={row.light}
      >
        <div role="gridcell" class="cell cell-light"><Light state={row.light} /></div>
        <div role="gridcell" class="cell cell-model">
          <a href={href("model", row.id)} tabIndex={-1} class="model-link"><Name text={row.model_id} mono testId="model-name" /></a>
          {row.withdrawn !== null ? <span class="tag tag-down" title={row.withdrawn.reason}>{t("row.withdrawn")}</span>
            : !row.listed && <span class="tag">{t("row.unlisted")}</span>}
          <CopyButton text={row.model_id} what={row.model_id} tabIndex={-1} />
        </div>
        <div role="gridcell" class="cell cell-channel">
          <Name text={row.channel_name} />
          {manyGateways && <span class="gateway"><Name text={row.gateway} /></span>}
        </div>
        <div role="gridcell" class="cell cell-latency"><Sparkline values={row.sparkline_data} uptime={row.uptime_hours} /></div>
        <div role="gridcell" class="cell cell-number cell-uptime"><Percent value={row.uptime_24h} /></div>
        <div role="gridcell" class="cell cell-number cell-p50"><Ms value={row.p50_ms} /></div>
        <div role="gridcell" class="cell cell-number cell-p95"><Ms value={row.p95_ms} /></div>
        <div role="gridcell" class="cell cell-number cell-ttft"><Ms value={row.ttft_p50_ms} /></div>
        <div role="gridcell" class="cell cell-number cell-failures">
          <span class={row.consecutive_failures === 0 ? "figure faint" : "figure bad"}>{row.consecutive_failures}</span>
        </div>
        <div role="gridcell" class="cell cell-status"><Latest row={row} /></div>
        <div role="gridcell" class="cell cell-number cell-seen"><Time at={row.last_seen} /></div>
        <div role="gridcell" class="cell cell-more">
          <button type="button" class="icon-button" tabIndex={-1} aria-expanded={open} aria-label={t("row.expand")} title={t("row.expand")} onClick={() => onToggle(row.id)} data-testid="expand">
            <Icon name="chevron" />
          </button>
        </div>
      </div>
      {open && <Why row={row} onHeight={onHeight} />}
    </>
  );
}

/** What the latest look showed, and the first words of why. */
function Latest({ row }: { row: ModelRow }) {
  const never = row.outcome === "";
  // The tag has the status already, and there is little room.
  const tone = row.latest_status === "OK" ? "tag-up" : row.latest_status === "429" ? "tag-degraded" : never ? "" : "tag-down";
  return (
    <>
      <span class={`tag ${tone}`}>{row.latest_status}</span>
      {row.detail !== "" && <span class="why-short muted"><Name text={row.detail.replace(/^status \d+ /, "")} /></span>}
    </>
  );
}

function Why({ row, onHeight }: { row: ModelRow; onHeight: (height: number) => void }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (box.current !== null) onHeight(box.current.offsetHeight);
  });
  return (
    <div ref={box} class="why" role="row" tabIndex={0} data-testid="why">
      <div role="gridcell">
        <p class="why-model mono"><Words text={row.model_id} /></p>
        <p><Words text={row.detail !== "" ? row.detail : row.outcome === "" ? t("row.never") : t("row.no-why")} /></p>
        {row.withdrawn !== null && (
          <p><strong>{t("row.withdrawn.at")}</strong> <Time at={row.withdrawn.at} />: <Words text={row.withdrawn.reason} /></p>
        )}
        <dl class="facts">
          {row.outcome !== "" && <div><dt>{t("row.outcome")}</dt><dd>{word("outcome", row.outcome)}</dd></div>}
          <div><dt>{t("row.since")}</dt><dd><Time at={row.since} never="–" /></dd></div>
          {row.next_probe !== null && <div><dt>{t("row.next")}</dt><dd><Time at={row.next_probe} /></dd></div>}
          <div><dd><a href={href("model", row.id)}>{t("row.open")}</a></dd></div>
        </dl>
      </div>
    </div>
  );
}
