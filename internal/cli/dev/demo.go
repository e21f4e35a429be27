package dev

import (
	"context"
	"fmt"
	"slices"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/config"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/user"
)

// Demo fills a desk with the people of a tea house.
type Demo struct{}

// Run makes two workstreams, four queues, hours, skills, rules and ten agents, of whom the first may sign in, and puts the demo account of
// `wxdesk dev` into the first workstream. Each part is known by its name: what is there already stays as it is, so that a run that was
// interrupted is completed by the next.
func (Demo) Run(ctx context.Context, h Host) error {
	cfg, err := config.Load(h.Environ)
	if err != nil {
		return err
	}
	if err := cfg.Require(config.DatabaseURL, config.MasterKeys); err != nil {
		return err
	}
	db, err := h.OpenLedger(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing is left to be lost

	d, err := fillDesk(ctx, db, h.Operator)
	if err != nil {
		return fmt.Errorf("%w; run `wxdesk demo` again to complete it", err)
	}
	if d.made == 0 {
		h.say("The demo is there already: `wxdesk agent list` shows its agents.")
		return nil
	}
	h.say("There are 2 workstreams, 4 queues, 3 rulesets, opening hours, 4 skills and %d agents.", len(d.agents))
	for _, a := range d.agents {
		h.say("  agent %s  %s", a.ID, a.Name)
	}
	h.say("A desk for the first:  wxdesk user link %s", d.user.Name)
	h.say("and for a program:     wxdesk token create --role agent --agent %s --name desk", d.agents[0].ID)
	return nil
}

// fillDesk makes the parts of the demo that are not there yet.
func fillDesk(ctx context.Context, db *Ledger, by access.Actor) (*demo, error) {
	d := &demo{db: db, by: by, queues: map[string]conversation.QueueID{}, skills: map[string]routing.SkillID{}}
	for _, step := range []func(context.Context) error{
		d.makeQueues, d.makeSkills, d.makeAgents, d.makeWorkstreams, d.makeRules, d.attach, d.makeUser,
	} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("fill the desk: %w", err)
		}
	}
	return d, nil
}

// demo is the desk while it is filled.
type demo struct {
	db     *Ledger
	by     access.Actor
	queues map[string]conversation.QueueID
	skills map[string]routing.SkillID
	agents []routing.Agent
	tea    routing.Workstream
	user   user.User // the first of the agents
	made   int       // parts that were not there before
}

// The demo's queues.
const (
	demoDesk      = "Tea desk"
	demoOrders    = "Orders and delivery"
	demoReturns   = "Returns"
	demoWholesale = "Wholesale"
)

// ensure finds the part of the desk that is meant, or makes it.
func ensure[T any, ID ~string](ctx context.Context, d *demo, list lister[T, ID], id func(T) ID, meant func(T) bool, create func() (T, error)) (T, error) {
	part, there, err := find(ctx, list, id, meant)
	if there || err != nil {
		return part, err
	}
	d.made++
	return create()
}

// lister lists parts of the set-up by pages, as the ledger does.
type lister[T any, ID ~string] func(ctx context.Context, t conversation.Tenant, after ID, limit int) ([]T, error)

func find[T any, ID ~string](ctx context.Context, list lister[T, ID], id func(T) ID, meant func(T) bool) (part T, there bool, err error) {
	const page = 200
	for after := ID(""); ; {
		parts, err := list(ctx, conversation.DefaultTenant, after, page)
		if err != nil {
			return part, false, err
		}
		if i := slices.IndexFunc(parts, meant); i >= 0 {
			return parts[i], true, nil
		}
		if len(parts) < page {
			return part, false, nil
		}
		after = id(parts[page-1])
	}
}

// makeQueues makes the queues: one that is always open and takes what no rule wants, two for what customers ask most, one
// that goes first.
func (d *demo) makeQueues(ctx context.Context) error {
	hours := routing.Hours{
		Stamp: demoStamp, Name: "Shop hours", TimeZone: "Asia/Shanghai",
		Holidays: []routing.Holiday{{First: "2027-02-05", Last: "2027-02-11", Reason: "Spring Festival"}},
	}
	for day := time.Sunday; day <= time.Saturday; day++ {
		hours.Weekly = append(hours.Weekly, routing.Shift{Day: day, From: "09:00", To: "21:00"})
	}
	hours, err := ensure(ctx, d, d.db.Setup.ListHours, func(h routing.Hours) routing.HoursID { return h.ID },
		func(h routing.Hours) bool { return h.Name == hours.Name },
		func() (routing.Hours, error) { return d.db.Setup.CreateHours(ctx, d.by, hours) })
	if err != nil {
		return err
	}
	desk, err := d.makeQueue(ctx, routing.Queue{Name: demoDesk, Priority: 100, Method: routing.HighestCapacity})
	if err != nil {
		return err
	}
	toDesk := routing.OverflowAction{Do: routing.OverflowTransfer, QueueID: desk}
	for _, q := range []routing.Queue{
		{Name: demoOrders, Priority: 100, Method: routing.RoundRobin, Overflow: routing.Overflow{
			Full: &routing.OverflowLimit{Items: 20, OverflowAction: toDesk}, Wait: &routing.OverflowWait{Seconds: 600, OverflowAction: toDesk},
		}},
		{Name: demoReturns, Priority: 100, Method: routing.LeastActive, HoursID: hours.ID, Overflow: routing.Overflow{
			OutOfHours: &routing.OverflowAction{Do: routing.OverflowAssign},
		}},
		{Name: demoWholesale, Priority: 10, Method: routing.HighestCapacity},
	} {
		if _, err := d.makeQueue(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) makeQueue(ctx context.Context, q routing.Queue) (conversation.QueueID, error) {
	q.Stamp, q.DeclineLimit = demoStamp, 3
	made, err := ensure(ctx, d, d.db.Setup.ListQueues, func(q routing.Queue) conversation.QueueID { return q.ID },
		func(there routing.Queue) bool { return there.Name == q.Name },
		func() (routing.Queue, error) { return d.db.Setup.CreateQueue(ctx, d.by, q) })
	d.queues[q.Name] = made.ID
	return made.ID, err
}

func (d *demo) makeSkills(ctx context.Context) error {
	for _, s := range []routing.Skill{
		{Name: "Chinese", Kind: "language"}, {Name: "English", Kind: "language"}, {Name: "Japanese", Kind: "language"}, {Name: "Tea", Kind: "product"},
	} {
		s.Stamp = demoStamp
		made, err := ensure(ctx, d, d.db.Setup.ListSkills, func(s routing.Skill) routing.SkillID { return s.ID },
			func(there routing.Skill) bool { return there.Name == s.Name },
			func() (routing.Skill, error) { return d.db.Setup.CreateSkill(ctx, d.by, s) })
		if err != nil {
			return err
		}
		d.skills[s.Name] = made.ID
	}
	return nil
}

// demoPeople are the agents: what they can do, and which queues they serve besides the tea desk.
var demoPeople = []struct {
	name   string
	skills map[string]int
	queues []string
}{
	{"王芳 Wang Fang", map[string]int{"Chinese": 10, "Tea": 8}, []string{demoOrders, demoWholesale}},
	{"李强 Li Qiang", map[string]int{"Chinese": 10, "English": 6}, []string{demoOrders}},
	{"张敏 Zhang Min", map[string]int{"Chinese": 10, "Tea": 10}, []string{demoWholesale}},
	{"刘洋 Liu Yang", map[string]int{"Chinese": 9, "English": 7}, []string{demoReturns}},
	{"陈静 Chen Jing", map[string]int{"Chinese": 10}, []string{demoReturns, demoOrders}},
	{"佐藤結衣 Satō Yui", map[string]int{"Japanese": 10, "Chinese": 5}, []string{demoOrders}},
	{"Dewi Lestari", map[string]int{"English": 8, "Tea": 4}, []string{demoReturns}},
	{"Alex Morgan", map[string]int{"English": 10}, []string{demoOrders, demoReturns}},
	{"Maria Costa", map[string]int{"English": 9, "Chinese": 4}, []string{demoReturns}},
	{"Tom Becker", map[string]int{"English": 9, "Tea": 7}, []string{demoWholesale}},
}

func (d *demo) makeAgents(ctx context.Context) error {
	for _, person := range demoPeople {
		a := routing.Agent{
			Stamp: demoStamp, Name: person.name, Units: 100, TimeZone: "Asia/Shanghai", DefaultPresence: routing.Available,
			Queues: []conversation.QueueID{d.queues[demoDesk]},
		}
		for name, rating := range person.skills {
			a.Skills = append(a.Skills, routing.AgentSkill{SkillID: d.skills[name], Rating: rating})
		}
		for _, name := range person.queues {
			a.Queues = append(a.Queues, d.queues[name])
		}
		made, err := ensure(ctx, d, d.db.Agents.ListAgents, func(a routing.Agent) conversation.AgentID { return a.ID },
			func(there routing.Agent) bool { return there.Name == a.Name },
			func() (routing.Agent, error) { return d.db.Agents.CreateAgent(ctx, d.by, a) })
		if err != nil {
			return err
		}
		d.agents = append(d.agents, made)
	}
	return nil
}

// makeWorkstreams makes one that offers conversations, and one from which agents take them.
func (d *demo) makeWorkstreams(ctx context.Context) (err error) {
	common := routing.Workstream{
		OpenLimit: conversation.OpenLimit, ActiveLimit: conversation.ActiveLimit, WrapUpLimit: conversation.WrapUpLimit,
		Stamp: demoStamp, Units: 25, WrapUp: routing.WrapUpAfter, WrapUpFor: demoWrapUp, OfferFor: demoOffer,
		Presences: []routing.Presence{routing.Available, routing.Busy}, SkillMatch: routing.SkillClosest,
		Affinity: true, AffinityAge: demoAffinity,
		Variables: []routing.Variable{{Name: "order"}, {Name: "vip", Number: true}},
	}
	tea, bulk := common, common
	tea.Name, tea.Mode, tea.FallbackQueue = "Tea house", routing.Push, d.queues[demoDesk]
	bulk.Name, bulk.Mode, bulk.FallbackQueue = "Wholesale", routing.Pick, d.queues[demoWholesale]
	if d.tea, err = d.makeWorkstream(ctx, tea); err != nil {
		return err
	}
	_, err = d.makeWorkstream(ctx, bulk)
	return err
}

func (d *demo) makeWorkstream(ctx context.Context, w routing.Workstream) (routing.Workstream, error) {
	return ensure(ctx, d, d.db.Setup.ListWorkstreams, workstreamID,
		func(there routing.Workstream) bool { return there.Name == w.Name },
		func() (routing.Workstream, error) { return d.db.Setup.CreateWorkstream(ctx, d.by, w) })
}

func workstreamID(w routing.Workstream) conversation.WorkstreamID { return w.ID }
