import { Drawer } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { api, got } from "../../api/client";
import type { Conversation } from "../../api/model";
import { now } from "../../live/clock";
import { useNames } from "../../live/directory";
import { useLive } from "../../live/store";
import { dayAndClock } from "../../ui/time";
import { excerptOf } from "../conversation/excerpt";

/** CustomerPane is what we know of the customer, beside the conversation. */
export function CustomerPane({ id }: { id: string }) {
  const { t } = useTranslation();
  const gone = useLive(s => Boolean(s.gone[id]));
  if (gone) return null;
  return (
    <section className="pane customer-pane" aria-label={t("customer.title")} data-pane tabIndex={-1}>
      <Facts id={id} />
    </section>
  );
}

export function CustomerDrawer({ id, opened, onClose }: { id: string; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      size="min(340px, 100%)"
      title={<strong>{t("customer.title")}</strong>}
      closeButtonProps={{ "aria-label": t("customer.close") }}
    >
      <div className="customer-pane in-drawer">
        <Facts id={id} />
      </div>
    </Drawer>
  );
}

function Facts({ id }: { id: string }) {
  const { t, i18n } = useTranslation();
  const c = useLive(s => s.conversations[id]);
  const name = useNames();
  if (!c) return null;
  const context = Object.entries(c.context);
  const facts: [string, ReactNode][] = [
    [t("customer.account"), name("account", c.account_id)],
    [t("customer.workstream"), name("workstream", c.workstream_id)],
    [t("customer.queue"), name("queue", c.queue_id)],
    [t("customer.skills"), c.skills.map(s => `${name("skill", s.skill_id)} ${s.rating}`).join(" · ")],
    [t("customer.opened"), dayAndClock(Date.parse(c.opened_at), now(), i18n.language)],
  ];
  return (
    <>
      <h2 className="customer-who">{c.customer.label}</h2>
      <p className="quiet">{t("customer.noName")}</p>
      {c.customer.tags.length > 0 && (
        <p className="tags">
          <span className="sr">{t("customer.tags")}</span>
          {c.customer.tags.map(tag => (
            <span key={tag} className="tag">
              <bdi>{tag}</bdi>
            </span>
          ))}
        </p>
      )}
      {c.summary && (
        <Part title={t("customer.summary")}>
          <p className="customer-summary" dir="auto">
            {c.summary}
          </p>
        </Part>
      )}
      <Part title={t("customer.context")}>
        {context.length === 0 && <p className="quiet">{t("customer.noContext")}</p>}
        <dl>
          {context.map(([key, value]) => (
            <Fact key={key} name={key} value={<bdi>{String(value)}</bdi>} />
          ))}
        </dl>
      </Part>
      <Part title={t("customer.conversation")}>
        <dl>{facts.map(([key, value]) => value && <Fact key={key} name={key} value={value} />)}</dl>
      </Part>
      <Earlier of={c} />
    </>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="customer-part">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Fact({ name, value }: { name: string; value: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function Earlier({ of: c }: { of: Conversation }) {
  const { t, i18n } = useTranslation();
  const { data } = useQuery({
    queryKey: ["earlier", c.customer.id],
    queryFn: () =>
      got(api.GET("/v1/conversations", { params: { query: { customer: c.customer.id, order: "opened", limit: 11 } } })),
  });
  const earlier = data?.items.filter(other => other.id !== c.id).slice(0, 10);
  if (!earlier) return null;
  return (
    <Part title={t("customer.earlier")}>
      {earlier.length === 0 && <p className="quiet">{t("customer.noEarlier")}</p>}
      {earlier.map(other => (
        <Link key={other.id} href={`/desk/c/${other.id}`} className="earlier">
          <span className="quiet num">{dayAndClock(Date.parse(other.opened_at), now(), i18n.language)}</span>
          <bdi>{excerptOf(t, other)}</bdi>
        </Link>
      ))}
    </Part>
  );
}
