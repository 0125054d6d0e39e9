import { t, type Key } from "../i18n";
import { Dialog } from "./dialog";

const KEYS: readonly [string[], Key][] = [
  [["/"], "help.search"],
  [["j", "k", "↓", "↑"], "help.move"],
  [["Home", "End"], "help.ends"],
  [["Enter"], "help.open"],
  [["Space"], "help.expand"],
  [["c"], "help.copy"],
  [["Esc"], "help.back"],
  [["?"], "help.this"],
];

export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t("help.title")} onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([keys, key]) => (
          <div key={key}>
            <dt>{keys.map((name) => <kbd key={name}>{name}</kbd>)}</dt>
            <dd>{t(key)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
