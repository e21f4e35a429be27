import { Skeleton } from "@mantine/core";
import { type ComponentType, lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link, Redirect, Route, Switch, useLocation } from "wouter";
import type { Me } from "./api/model";
import { useWaiting } from "./live/work";
import { Expired } from "./session/Expired";
import { Nobody, Shell } from "./session/Shell";
import { SignIn } from "./session/SignIn";
import { useSession } from "./session/session";
import { Welcome } from "./session/Welcome";
import { Empty } from "./ui/Empty";
import { KeySheet } from "./ui/KeySheet";

/** The route table: path, who may, page. The API says the same once more, and its word counts. */
const routes: { path: string; who: (me: Me) => boolean; page: ComponentType<{ params: Record<string, string> }> }[] = [
  { path: "/desk/open", who: agent, page: lazy(() => import("./desk/open")) },
  { path: "/desk/:c?/:id?", who: agent, page: lazy(() => import("./desk/page")) }, // one page, so that its list stays where it is
  { path: "/me", who: anybody, page: lazy(() => import("./session/me/page")) },
];

const Offers = lazy(() => import("./desk/offer/Offers"));

function agent(me: Me): boolean {
  return me.agent !== null;
}

function anybody(): boolean {
  return true;
}

/** Routes shows the page of the address, or the way to it. */
export function Routes() {
  const { phase, me } = useSession();
  const [at] = useLocation();
  if (at === "/welcome") return <Welcome />;
  if (phase === "loading") return <Connecting />;
  if (phase === "out" || !me) return at === "/sign-in" ? <SignIn /> : <Redirect to="/sign-in" replace state={{ from: at }} />;
  return (
    <>
      <Inside me={me} />
      <Expired />
      <KeySheet />
    </>
  );
}

function Inside({ me }: { me: Me }) {
  const { t } = useTranslation();
  const waiting = useWaiting();
  return (
    <Shell waiting={waiting.length}>
      <Suspense fallback={<Slow />}>
        <Switch>
          <Route path="/sign-in">
            <Redirect to={from()} replace />
          </Route>
          <Route path="/">{agent(me) ? <Redirect to="/desk" replace /> : <Nobody />}</Route>
          {routes
            .filter(route => route.who(me))
            .map(route => (
              <Route key={route.path} path={route.path}>
                {params => <route.page params={params as Record<string, string>} />}
              </Route>
            ))}
          <Route>
            <Empty title={t("app.notFound")}>
              <Link href="/">{t("app.toWork")}</Link>
            </Empty>
          </Route>
        </Switch>
      </Suspense>
      {agent(me) && (
        <Suspense fallback={null}>
          <Offers />
        </Suspense>
      )}
    </Shell>
  );
}

/** from is the page that was asked for before signing in. It must be one of ours. */
function from(): string {
  const asked = (history.state as { from?: unknown } | null)?.from;
  return typeof asked === "string" && /^\/[a-z]/.test(asked) && asked !== "/sign-in" ? asked : "/";
}

function Connecting() {
  const { t } = useTranslation();
  return (
    <p className="slow quiet" role="status">
      {t("link.connecting")}
    </p>
  );
}

function Slow() {
  return (
    <div className="slow" aria-hidden="true">
      <Skeleton height={18} width={240} mb="md" />
      <Skeleton height={18} width={320} />
    </div>
  );
}
