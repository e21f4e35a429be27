package postgres_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/bot"
	"wxdesk/internal/callback"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/delivery"
	"wxdesk/internal/feed"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
	"wxdesk/internal/rules"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
	"wxdesk/internal/wechat/wxapi"
)

// How often a method of the ledger runs.
const (
	perMessage = "per message" // or answer, act, request, connection
	perBatch   = "per batch"   // of the distribution
	perSecond  = "per second"  // or some seconds, in each process
	perPage    = "per page"    // that a person looks at
	chore      = "chore"       // of administrators, and what is done once an hour or less
	inside     = "inside"      // the transaction of another method
	without    = "without"     // a statement of the ledger's own
)

// R29: every statement of the ledger runs in one of its methods, and each of those is in a class.
var classes = map[string]string{}

func init() {
	for class, methods := range map[string]string{
		perMessage: `AccountKeys Act Authenticate ClassificationQuestion CloseConversation Connect Credentials Delivered Disconnect CallbackAccount Due
			FAQEntries HandOver HandOverPlainly Seen ReadSituation MarkSending RecordCallback Quarantine Receive RecordEvent RecordOutcome RoutingQuestion RunGone
			SetPresence Spool SpoolHas SpooledFrom StoreAnswer StoreClassification Take Token TryTake Turn Unspool RequestHandOver
			AuthenticateSession CountTry FindLink MarkRead PasswordOf`,
		perBatch: `Distribute`,
		perSecond: `ClaimSpooled DistributionLag DoAgentDue DropSilentProcesses Feed Heartbeat Notices QuarantineWaiting QueuesOf
			RecordRefusals SpoolEmpty SpoolSize StillGood Tenants WorkerBeat WorkerPolls`,
		perPage: `Account Agent AgentNow Bot CallbackRecords Conversation Conversations CountConversations CustomPresence Customer Directory EventKept FAQEntry FeedEnd Hours LastTurn
			ListAccounts ListAgents ListBots ListCustomPresences ListFAQEntries ListHours ListProfiles ListQueues ListRulesets ListSkills ListTokens
			ListWorkstreams Messages Notes Profile Quarantined QuarantinedRaw Queue QueueMembers RoutingPlan RoutingTrace Ruleset RulesetVersions
			SeenCustomer Settings Skill Targets Timeline TrialQuestion Work Workstream
			AtWork ListUsers Preferences SessionsOf User UserNamed`,
		chore: `CodecSession CreateAccount CreateAgent CreateBot CreateCustomPresence CreateFAQEntry CreateHours CreateProfile CreateQueue CreateRuleset
			CreateSkill CreateToken CreateWorkstream DeleteAccount DeleteAgent DeleteBot DeleteCustomPresence DeleteFAQEntry DeleteHours DeleteProfile
			DeleteQueue DeleteRuleset DeleteSkill DeleteWorkstream Disagreements EndCodecSession Forget ImportRulesets KeyUses LooksRestored
			PutCodecSession PutFAQEntries PutInForce QuarantineDone QuarantineHandedOver Refresh Reseal Restored RevokeToken SaveDraft SchemaVersion
			SetQueueMembers Sweep TakeCodecTicket UpToDate UpdateAccount UpdateAgent UpdateBot UpdateCustomPresence UpdateCustomer UpdateFAQEntry
			UpdateHours UpdateProfile UpdateQueue UpdateRuleset UpdateSettings UpdateSkill UpdateWorkstream StandingReports WorkerGone
			BeginSession BeginShift CreateUser DeleteUser EndSession EndShift MakeLink RenewPasswordHash SetPassword SetPreferences UpdateUser UseLink`,
		inside: `AgentLost Decide EndWork FirstOfItsKind GoodPeople Follow InTx InsertEvent InsertQuarantine Lock SignOut`,
		without: `Connections CredentialsOf DistributionTriggers FeedNews Fresh Listen Notify Open OpenIDKey OpenPlain Pool SealPlain
			UsableBotSecret`,
	} {
		for method := range strings.FieldsSeq(methods) {
			classes[method] = class
		}
	}
}

// beside is whose statements the ledger runs of itself: what notifies those who wait.
const beside = "the ledger itself"

// growing is a contact centre at work whose ledger has a past.
type growing struct {
	*postgrestest.Floor
	desk  *postgrestest.Office
	db    *postgrestest.Ledger // whose statements are seen
	probe *probe
	lives int
	asks  access.Principal
	key   [32]byte // of asks

	session, link [32]byte // of somebody who has signed in
}

// newGrowing has agents with so many closed conversations behind them, two capacity profiles and two conversations put aside each, and ten
// rules of the queue's own.
func newGrowing(b testing.TB, agents, conversations int) *growing {
	b.Helper()
	g := &growing{desk: postgrestest.NewOffice(b), probe: &probe{reads: map[statement]reading{}}}
	g.Floor = &postgrestest.Floor{Fixture: g.desk.Fixture}
	g.Agents(b, agents, 4)
	g.PutsAside(b)
	g.Exec(b, `delete from outbox`) // their runs, which there are none of, need not be told
	ago(g.Floor, b, conversations)
	require.NoError(b, g.Assigns(b, postgrestest.TenRules(b)).Close())
	g.Exec(b, `insert into faq_entries (tenant, id, language, phrase, answer) values ('default', gen_random_uuid(), 'en', 'open', 'Nine to five.')`)
	g.db = postgrestest.Open(b, g.DSN, g.Ring, postgrestest.WithEvaluator(rules.NewEvaluator()), postgrestest.WithPool(postgres.WithOpened(g.probe.open)))
	text, who, err := g.CreateToken(b.Context(), postgrestest.CLI, "asks", access.RoleSupervisor, "", time.Hour)
	require.NoError(b, err)
	g.asks, g.key = who, sha256.Sum256([]byte(text.Reveal()))
	lin := g.NewUser(b, "Lin", access.RoleAdmin, "")
	_, g.session = g.Enters(b, lin)
	code, _, err := g.MakeLink(b.Context(), postgrestest.CLI, lin.ID, false)
	require.NoError(b, err)
	g.link = postgrestest.HashOf(code)
	_, err = g.Refresh(b.Context(), string(g.TheAccount.ID), secret.Value{}, func(context.Context, bool) (wxapi.Token, error) {
		return wxapi.Token{Value: secret.New(postgrestest.Canary), ExpiresAt: time.Now().Add(time.Hour)}, nil
	})
	require.NoError(b, err)
	return g
}

// do runs a method of the ledger.
func (g *growing) do(method string, call func(ctx context.Context) error) {
	g.t().Helper()
	require.NoError(g.t(), call(within(g.t().Context(), method)), method)
}

func (g *growing) t() testing.TB { return g.desk.T }

// act has somebody do something in a conversation, and its run told.
func (g *growing) act(ref conversation.Ref, by access.Principal, kind command.Kind, change ...postgrestest.With) {
	g.t().Helper()
	g.do("Act", func(ctx context.Context) error {
		done, err := g.db.Act(ctx, g.desk.Order(ref, by, kind, "a text", change...))
		require.Empty(g.t(), done.Refused, kind)
		if done.Notice != nil {
			g.do("Delivered", func(ctx context.Context) error { return g.db.Delivered(ctx, *done.Notice) })
		}
		return err
	})
}

// sends sends what waits to be sent in a conversation.
func (g *growing) sendsAll(ref conversation.Ref) {
	g.t().Helper()
	for {
		var m delivery.Marking
		attempt := uuid.NewString()
		g.do("TryTake", func(ctx context.Context) error { _, err := g.db.TryTake(ctx, postgrestest.Tenant); return err })
		g.do("Credentials", func(ctx context.Context) error {
			_, err := g.db.Credentials(ctx, postgrestest.Tenant, g.TheAccount.ID)
			return err
		})
		g.do("Token", func(ctx context.Context) error { _, err := g.db.Token(ctx, string(g.TheAccount.ID)); return err })
		g.do("MarkSending", func(ctx context.Context) (err error) { m, err = g.db.MarkSending(ctx, ref, attempt); return err })
		if m.Status != conversation.DeliverySending {
			return
		}
		g.do("RecordOutcome", func(ctx context.Context) error {
			_, err := g.db.RecordOutcome(ctx, ref, m.MessageID, attempt, wechat.SendOutcome{Status: wechat.SendSent})
			return err
		})
	}
}

// assigned has a conversation that waits given to somebody, who is returned.
func (g *growing) assigned(ref conversation.Ref) (to access.Principal) {
	g.t().Helper()
	g.do("Tenants", func(ctx context.Context) error { _, err := g.db.Tenants(ctx); return err })
	g.do("Distribute", func(ctx context.Context) error {
		done, err := g.db.Distribute(ctx, postgrestest.Tenant)
		g.do("Delivered", func(ctx context.Context) error { return g.db.Delivered(ctx, done.Notices...) })
		return err
	})
	g.do("", func(ctx context.Context) error {
		var agent conversation.AgentID
		if err := g.Raw.Get(&agent, `select agent_id from assignments where conversation_id = $1 and state = 'offered'`, ref.Conversation); err != nil {
			return err
		}
		var err error
		_, to, err = g.CreateToken(ctx, postgrestest.CLI, "agent", access.RoleAgent, agent, time.Hour)
		return err
	})
	return to
}

// live lives a conversation from its first message to its end, with everything that a message, a batch and a second ask of the ledger.
func (g *growing) live() {
	g.t().Helper()
	g.lives++
	customer := fmt.Sprint("new ", g.lives)
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	g.writes(ref, customer, "open")
	g.botAnswers(ref)
	g.sendsAll(ref)
	g.writes(ref, customer, "a person")
	g.people(ref)
	g.sendsAll(ref)
	first := g.assigned(ref)
	g.do("Seen", func(ctx context.Context) error {
		_, err := g.db.Seen(ctx, command.Command{Kind: command.Seen, Conversation: ref.Conversation, By: first})
		return err
	})
	g.act(ref, first, command.Accept)
	g.do("MarkRead", func(ctx context.Context) error { return g.db.MarkRead(ctx, first.Viewer(), ref.Conversation, 2) })
	g.act(ref, first, command.Reply)
	g.sendsAll(ref)
	g.act(ref, first, command.Note)
	g.act(ref, first, command.Transfer, postgrestest.ToQueue(postgrestest.DefaultQueue))
	second := g.assigned(ref)
	g.act(ref, second, command.Reject)
	third := g.assigned(ref)
	g.act(ref, third, command.Accept)
	g.act(ref, third, command.Wait)
	g.writes(ref, customer, "here again")
	fourth := g.assigned(ref)
	g.act(ref, fourth, command.Accept)
	g.act(ref, fourth, command.WrapUp)
	g.act(ref, fourth, command.Close)
	g.do("CloseConversation", func(ctx context.Context) error {
		_, err := g.db.CloseConversation(ctx, ref, conversation.ClosedByAgent)
		return err
	})
	g.beside()
	g.everySecond(first)
}

// writes has the customer write a message, which WeChat brings twice.
func (g *growing) writes(ref conversation.Ref, customer, text string) {
	g.t().Helper()
	batch := g.Batch(ref.Conversation, customer, postgrestest.Says(uuid.NewString(), text))
	g.do("CallbackAccount", func(ctx context.Context) error { _, err := g.db.CallbackAccount(ctx, g.TheAccount.ID); return err })
	g.do("SpoolHas", func(ctx context.Context) error {
		_, err := g.db.SpoolHas(ctx, postgrestest.Tenant, g.TheAccount.ID, batch.CustomerKey)
		return err
	})
	g.do("AccountKeys", func(ctx context.Context) error {
		_, err := g.db.AccountKeys(ctx, postgrestest.Tenant, g.TheAccount.ID)
		return err
	})
	for range 2 {
		g.do("Receive", func(ctx context.Context) error { _, err := g.db.Receive(ctx, batch); return err })
	}
	g.do("ReadSituation", func(ctx context.Context) error { _, err := g.db.ReadSituation(ctx, ref); return err })
}

// BotAnswers has the bot answer the message that waits.
func (g *growing) botAnswers(ref conversation.Ref) {
	g.t().Helper()
	var turn bot.Turn
	g.do("Turn", func(ctx context.Context) (err error) { turn, err = g.db.Turn(ctx, ref); return err })
	g.do("ClassificationQuestion", func(ctx context.Context) error {
		_, err := g.db.ClassificationQuestion(ctx, ref, turn.Question.TurnID)
		return err
	})
	g.do("StoreClassification", func(ctx context.Context) error {
		return g.db.StoreClassification(ctx, ref, turn.Question.TurnID, turn.Epoch, routing.Decision{Needs: routing.Needs{Priority: 5}})
	})
	g.do("FAQEntries", func(ctx context.Context) error {
		_, err := g.db.FAQEntries(ctx, postgrestest.Tenant, g.TheAccount.ID)
		return err
	})
	g.do("StoreAnswer", func(ctx context.Context) error {
		_, err := g.db.StoreAnswer(ctx, ref, turn.Question.TurnID, turn.Epoch, bot.Answer{Texts: []string{"Nine to five."}})
		return err
	})
}

// people hands a conversation to people.
func (g *growing) people(ref conversation.Ref) {
	g.t().Helper()
	g.do("RequestHandOver", func(ctx context.Context) error {
		_, err := g.db.RequestHandOver(ctx, ref, conversation.EscalatedByBot)
		return err
	})
	g.do("RoutingQuestion", func(ctx context.Context) error { _, err := g.db.RoutingQuestion(ctx, ref); return err })
	g.do("HandOver", func(ctx context.Context) error {
		_, err := g.db.HandOver(ctx, ref, postgrestest.ToDefaultQueue())
		return err
	})
	g.do("Due", func(ctx context.Context) error { _, err := g.db.Due(ctx, ref); return err })
}

// beside is what callbacks and people ask of the ledger beside the life of a conversation.
func (g *growing) beside() {
	g.t().Helper()
	customer := fmt.Sprint("other ", g.lives)
	plain := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	g.writes(plain, customer, "a person")
	g.do("HandOverPlainly", func(ctx context.Context) error {
		if _, err := g.db.RequestHandOver(ctx, plain, conversation.EscalatedFailed); err != nil {
			return err
		}
		_, err := g.db.HandOverPlainly(ctx, plain, "no rules")
		return err
	})
	g.do("RunGone", func(ctx context.Context) error { return g.db.RunGone(ctx, plain) })
	g.do("RecordEvent", func(ctx context.Context) error {
		return g.db.RecordEvent(ctx, callback.Event{
			Tenant: postgrestest.Tenant, AccountID: g.TheAccount.ID, MessageKey: customer, Kind: "VIEW", CustomerKey: "c", Body: []byte("x"), ReceivedAt: time.Now(),
		})
	})
	g.do("Quarantine", func(ctx context.Context) error {
		return g.db.Quarantine(ctx, callback.Unreadable{
			Tenant: postgrestest.Tenant, AccountID: g.TheAccount.ID, DeliveryID: uuid.NewString(), Reason: "unreadable", Raw: []byte("x"), ReceivedAt: time.Now(),
		})
	})
	g.do("RecordCallback", func(ctx context.Context) error {
		return g.db.RecordCallback(ctx, postgrestest.Tenant, g.TheAccount.ID, 1, []callback.Record{callback.RecordReadable})
	})
	h := postgrestest.SpooledBy(customer, customer, g.TheAccount.ID)
	g.do("Spool", func(ctx context.Context) error { return g.db.Spool(ctx, h) })
	var waiting []callback.Spooled
	g.do("ClaimSpooled", func(ctx context.Context) (err error) { waiting, err = g.db.ClaimSpooled(ctx, 64); return err })
	g.do("SpooledFrom", func(ctx context.Context) error { _, err := g.db.SpooledFrom(ctx, waiting[0], 10); return err })
	g.do("Unspool", func(ctx context.Context) error { return g.db.Unspool(ctx, []int64{waiting[0].ID}) })
}

// everySecond is what processes ask of the ledger every few seconds.
func (g *growing) everySecond(by access.Principal) {
	g.t().Helper()
	process, c := uuid.NewString(), feed.Connection{ID: uuid.NewString(), Tenant: postgrestest.Tenant, AgentID: by.AgentID, TokenID: uuid.NewString()}
	var end feed.Position
	for method, call := range map[string]func(ctx context.Context) error{
		"DistributionLag":     func(ctx context.Context) error { _, err := g.db.DistributionLag(ctx); return err },
		"DoAgentDue":          func(ctx context.Context) error { _, err := g.db.DoAgentDue(ctx); return err },
		"DropSilentProcesses": g.db.DropSilentProcesses,
		"Notices":             func(ctx context.Context) error { _, err := g.db.Notices(ctx, 100); return err },
		"QuarantineWaiting":   func(ctx context.Context) error { _, err := g.db.QuarantineWaiting(ctx); return err },
		"QueuesOf": func(ctx context.Context) error {
			_, err := g.db.QueuesOf(ctx, postgrestest.Tenant, []conversation.AgentID{by.AgentID})
			return err
		},
		"RecordRefusals": func(ctx context.Context) error {
			return g.db.RecordRefusals(ctx, []access.Denials{{Denial: access.Denial{Tenant: postgrestest.Tenant, Actor: "unknown"}, Count: 1}})
		},
		"SpoolEmpty": func(ctx context.Context) error { _, err := g.db.SpoolEmpty(ctx); return err },
		"SpoolSize":  func(ctx context.Context) error { _, _, err := g.db.SpoolSize(ctx); return err },
		"StillGood": func(ctx context.Context) error {
			_, err := g.db.StillGood(ctx, []access.Principal{by})
			return err
		},
		"Authenticate":        func(ctx context.Context) error { _, err := g.db.Authenticate(ctx, g.key); return err },
		"AuthenticateSession": func(ctx context.Context) error { _, err := g.db.AuthenticateSession(ctx, g.session); return err },
		"CountTry": func(ctx context.Context) error {
			_, err := g.db.CountTry(ctx, postgrestest.Tenant, uuid.NewString(), uuid.NewString())
			return err
		},
		"PasswordOf": func(ctx context.Context) error {
			_, _, err := g.db.PasswordOf(ctx, postgrestest.Tenant, "Lin")
			return err
		},
		"FindLink":    func(ctx context.Context) error { _, err := g.db.FindLink(ctx, g.link); return err },
		"WorkerBeat":  func(ctx context.Context) error { return g.db.WorkerBeat(ctx, process, "v1") },
		"WorkerPolls": func(ctx context.Context) error { _, err := g.db.WorkerPolls(ctx); return err },
		"Take": func(ctx context.Context) (err error) {
			for range 11 { // a block has ten
				if _, err = g.db.Take(ctx, postgrestest.Tenant); err != nil {
					break
				}
			}
			return err
		},
		"Feed": func(ctx context.Context) error {
			if end.Generation == 0 {
				return nil
			}
			_, err := g.db.Feed(ctx, end, 256)
			return err
		},
	} {
		g.do(method, call)
	}
	g.do("FeedEnd", func(ctx context.Context) (err error) { end, err = g.db.FeedEnd(ctx); return err })
	g.do("Connect", func(ctx context.Context) error { return g.db.Connect(ctx, process, c) })
	g.do("Feed", func(ctx context.Context) error { _, err := g.db.Feed(ctx, end, 256); return err })
	g.do("Heartbeat", func(ctx context.Context) error { _, err := g.db.Heartbeat(ctx, process, []string{c.ID}); return err })
	g.do("SetPresence", func(ctx context.Context) error {
		_, err := g.db.SetPresence(ctx, by, by.AgentID, routing.Available, "")
		return err
	})
	g.do("Disconnect", func(ctx context.Context) error { return g.db.Disconnect(ctx, c) })
	g.Exec(g.t(), `update due set due_at = now() where kind = 'agent-lost'`)
	g.do("DoAgentDue", func(ctx context.Context) error { _, err := g.db.DoAgentDue(ctx); return err })
}

// R29
// A method that is in no class, and one that runs often and is not measured, are found.
func TestGrowth_everyStatementHasItsClass(t *testing.T) {
	t.Parallel()
	var methods []string
	for m := range reflect.TypeFor[*postgrestest.Ledger]().Methods() {
		if _, ofThePool := reflect.TypeFor[*sqlx.DB]().MethodByName(m.Name); !ofThePool {
			methods = append(methods, m.Name)
		}
	}
	require.ElementsMatch(t, methods, slices.Collect(maps.Keys(classes)), "methods of the ledger, and those in a class")

	g := newGrowing(t, 3, 10)
	g.live()
	runs := map[string]bool{}
	for s := range g.probe.noted() {
		runs[s.method] = true
		if s.method == beside {
			require.Contains(t, s.text, "pg_notify", "what the ledger runs of itself reads no table")
			continue
		}
		require.Contains(t, classes, s.method, s.text)
	}
	for method, class := range classes {
		if class == perMessage || class == perBatch || class == perSecond {
			require.True(t, runs[method], "%s runs %s, and is not measured", method, class)
		}
	}
}

// R29
// BenchmarkGrowth compares what each statement reads in a ledger of a million closed conversations, 2,000 of each agent, with what it
// reads in one of a thousand. In both, each agent has two conversations put aside. Then the large one is swept, cleared and migrated
// beside the work.
func BenchmarkGrowth(b *testing.B) {
	const agents, few, many, lives = 500, 1000, 1_000_000, 8
	began := time.Now()
	grown := newGrowing(b, agents, many)
	made := time.Since(began)
	young := newGrowing(b, agents, few)
	for b.Loop() {
		for _, g := range []*growing{young, grown} {
			for range lives { // so that each statement is planned as for good
				g.live()
			}
			g.Exec(b, `vacuum (analyze, index_cleanup on)`)
			g.probe.count()
			for range lives {
				g.live()
			}
		}
		compared, over := 0, 0
		now := grown.probe.noted()
		for s, before := range young.probe.noted() {
			after, ran := now[s]
			if class := classes[s.method]; !ran || class != perMessage && class != perBatch && class != perSecond {
				continue
			}
			compared++
			was, is := before.each(), after.each()
			// A look that begins at the end of a page reads the next one too: one in fifty. And a small table may have one page more.
			if is.blocks > max(1.3*was.blocks, was.blocks+1, 1.02*(was.blocks+is.descents*levels(s.text))) {
				over++
				b.Logf("%s, %s: %.1f blocks by %.1f descents, and in the grown ledger %.1f by %.1f:\n%s", s.method, classes[s.method],
					was.blocks, was.descents, is.blocks, is.descents, s.text)
			}
		}
		b.ReportMetric(float64(compared), "statements")
		b.ReportMetric(float64(over), "grow-too-much")
		b.ReportMetric(0, "grow-too-much:max")
		line, told, statement := grown.besideTheWork(b)
		atMost(b, "made-in-ms", made, 3*time.Minute)
		atMost(b, "longest-line-ms", line, time.Second)
		atMost(b, "longest-statement-ms", statement, time.Second)
		atMost(b, "latest-feed-row-ms", told, 500*time.Millisecond)
	}
}

// atMost reports a time and its bar.
func atMost(b *testing.B, unit string, value, bar time.Duration) {
	b.Helper()
	b.ReportMetric(float64(value.Milliseconds()), unit)
	b.ReportMetric(float64(bar.Milliseconds()), unit+":max")
}

// perRun is what one run of a statement reads.
type perRun struct{ blocks, descents float64 }

func (r reading) each() perRun {
	return perRun{blocks: float64(r.blocks) / float64(r.runs), descents: float64(r.descents) / float64(r.runs)}
}

// levels is by how many levels an index grows from a thousand rows to a million. Of keys of 43 characters fewer fit on a page than of
// ids.
func levels(text string) float64 {
	if strings.Contains(text, "message_key") || strings.Contains(text, "customer_key") {
		return 2
	}
	return 1
}
