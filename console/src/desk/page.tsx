import { useMediaQuery } from "@mantine/hooks";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { inOrder, sections, useMine } from "../live/work";
import { Empty } from "../ui/Empty";
import { useKey } from "../ui/keys";
import { Conversation } from "./conversation/Conversation";
import { CustomerDrawer, CustomerPane } from "./customer/Customer";
import "./desk.css";
import { List } from "./list/List";

/** The agent's desk: my work, one conversation, its customer. On a phone one of them at a time. */
export default function DeskPage({ params }: { params: Record<string, string> }) {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const id = params.c === "c" ? (params.id ?? null) : null;
  const all = useMine();
  const order = useMemo(() => inOrder(sections(all)), [all]);
  const wide = useMediaQuery("(min-width: 1280px)", true, { getInitialValueInEffect: false });
  const [drawer, setDrawer] = useState(false);
  const open = (next: string | undefined) => next && go(`/desk/c/${next}`);
  const step = (by: number) => {
    const here = order.findIndex(c => c.id === id);
    open(order[here < 0 ? 0 : Math.min(order.length - 1, Math.max(0, here + by))]?.id);
  };

  useKey("previous", () => step(-1));
  useKey("next", () => step(1));
  useKey("nth", n => open(order[n - 1]?.id));
  useKey("worst", () => open(order[0]?.unanswered_since ? order[0].id : undefined));
  useKey("panes", nextPane);
  useEffect(() => setDrawer(false), [id]);

  return (
    <div className={`desk ${id ? "has-open" : ""}`}>
      <List open={id} />
      {id ? (
        <Conversation key={id} id={id} showCustomer={wide ? null : () => setDrawer(true)} />
      ) : (
        <section className="pane conversation choose" data-pane tabIndex={-1} aria-label={t("conversation.transcript")}>
          <Empty title={t(order.length > 0 ? "conversation.choose" : "conversation.none")}>{t("conversation.chooseLead")}</Empty>
        </section>
      )}
      {id && wide && <CustomerPane id={id} />}
      {id && !wide && <CustomerDrawer id={id} opened={drawer} onClose={() => setDrawer(false)} />}
    </div>
  );
}

/** nextPane moves the focus to the pane behind the one that has it. */
function nextPane(): void {
  const panes = [...document.querySelectorAll<HTMLElement>("[data-pane]")].filter(pane => pane.offsetParent !== null);
  const here = panes.findIndex(pane => pane.contains(document.activeElement));
  panes[(here + 1) % panes.length]?.focus();
}
