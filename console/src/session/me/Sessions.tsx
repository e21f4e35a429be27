import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, attempt, got } from "../../api/client";
import type { Session } from "../../api/model";
import { now } from "../../live/clock";
import { momentText } from "../../ui/time";
import { problemText } from "../../words/problem";
import { browserName } from "../browser";

/** Sessions lists where a person is signed in; each but this one can be ended here. */
export function Sessions() {
  const { t, i18n } = useTranslation();
  const queries = useQueryClient();
  const { data } = useQuery({ queryKey: ["sessions"], queryFn: () => got(api.GET("/v1/me/sessions")) });
  const when = (at: string) => momentText(t, Date.parse(at), now(), i18n.language);

  async function finish(session: Session) {
    const { refusal } = await attempt(api.DELETE("/v1/me/sessions/{id}", { params: { path: { id: session.id } } }));
    notifications.show(refusal ? { message: problemText(t, refusal), color: "red" } : { message: t("me.ended") });
    await queries.invalidateQueries({ queryKey: ["sessions"] });
  }

  return (
    <section>
      <h2>{t("me.sessions")}</h2>
      <p className="me-hint">{t("me.sessionsLead")}</p>
      {data?.items.map(session => (
        <div className="me-session" key={session.id}>
          <span>
            {browserName(session.browser)} <span className="quiet">{session.network}</span>
            <span className="me-hint num">
              {t("me.since", { when: when(session.created_at) })} · {t("me.seen", { when: when(session.seen_at) })}
            </span>
          </span>
          {session.current ? (
            <span className="quiet">{t("me.thisOne")}</span>
          ) : (
            <Button size="compact-sm" onClick={() => void finish(session)}>
              {t("me.endSession")}
            </Button>
          )}
        </div>
      ))}
    </section>
  );
}
