// One model: how it stands, how it did, what was done to it. By its number it is one on one channel; by its name it is
// all of that name, wherever they are.
import { get } from "../api";
import { SeriesChart } from "../charts/series-chart";
import { EmptyState, ErrorBox, Loading } from "../components/notices";
import { t } from "../i18n";
import { useResource } from "../resource";
import type { Route } from "../router";
import type { ModelPage } from "../types";
import { NameHead, OneHead } from "./model/head";
import { History, Transitions } from "./model/history";
import { Others, Touched } from "./model/others";
import "../styles/pages.css";

export default function Model({ route }: { route: Route }) {
  const { id, query } = route;
  if (id === null) return <EmptyState title={t("page.missing")} hint={t("model.none.hint")} />;
  return <Found key={id} id={id} window={query.get("window")} />;
}

function Found({ id, window }: { id: string; window: string | null }) {
  const path = `models/${encodeURIComponent(id)}`;
  const { data, error, reload } = useResource(path, (abort) => get<ModelPage>(path, {}, abort));
  if (data === null && error?.status === 404) return <EmptyState title={t("model.none")} hint={t("model.none.hint")} />;
  if (data === null) return error === null ? <Loading /> : <ErrorBox error={error} retry={reload} />;
  const byNumber = String(data.id) === id;
  const chart = <SeriesChart path={`${path}/series`} window={window} testId="model-chart" />;
  return (
    <div class="page">
      {error !== null && <ErrorBox error={error} retry={reload} stale />}
      {byNumber ? (
        <>
          <OneHead model={data} />
          {chart}
          <div class="columns">
            <History path={path} />
            <div>
              <Transitions path={`${path}/transitions`} />
              <Touched model={data} />
              <Others rows={data.elsewhere} name={data.model_id} />
            </div>
          </div>
        </>
      ) : (
        <>
          <NameHead name={data.model_id} rows={[data, ...data.elsewhere]} />
          {chart}
          <Others rows={[data, ...data.elsewhere]} name={null} />
          <History path={path} models={[data, ...data.elsewhere]} />
          <Transitions path={`${path}/transitions`} />
        </>
      )}
    </div>
  );
}
