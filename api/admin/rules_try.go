package admin

import (
	"context"
	"fmt"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/rules"
)

// tryOut is a sample conversation, made up or one that there is.
type tryOut struct {
	WorkstreamID   string         `json:"workstream_id,omitempty" format:"uuid" doc:"Whose rules are tried; with conversation_id that conversation's"`
	ConversationID string         `json:"conversation_id,omitempty" format:"uuid" doc:"A conversation whose facts are taken, as of the customer's last message"`
	Facts          map[string]any `json:"facts,omitempty" doc:"Facts by the names of docs/rules.md; with conversation_id they replace its own, name by name"`
	Drafts         *bool          `json:"drafts,omitempty" default:"true" doc:"Drafts count in place of what is in force"`
	Roll           int            `json:"roll,omitempty" minimum:"0" maximum:"99" doc:"The throw of the dice for a split"`
	At             *time.Time     `json:"at,omitempty" doc:"When it is; absent: now. It decides which queues are open"`
}

// decisionView is where the conversation would go, and why.
type decisionView struct {
	QueueID    *string               `json:"queue_id" format:"uuid" doc:"null where it ends"`
	Priority   int                   `json:"priority"`
	Skills     []routing.NeededSkill `json:"skills" nullable:"false"`
	ProfileIDs []string              `json:"profile_ids" nullable:"false"`
	Attributes map[string]any        `json:"attributes"`
	End        bool                  `json:"end" doc:"An overflow ends it"`
	Notice     routing.Notice        `json:"notice,omitempty" doc:"What the customer would be told"`
	Alert      string                `json:"alert,omitempty" doc:"What a supervisor would be told"`
	Trace      routing.Trace         `json:"trace"`
}

func viewDecision(d routing.Decision) decisionView {
	return decisionView{
		QueueID: web.OrNull(string(d.QueueID)), Priority: d.Priority, Skills: append([]routing.NeededSkill{}, d.Skills...),
		ProfileIDs: web.Texts(d.Profiles), Attributes: d.Attributes, End: d.End, Notice: d.Notice, Alert: d.Alert, Trace: d.Trace,
	}
}

// TryRules decides where a sample conversation would go. It writes nothing and has no effect.
func (a *Admin) TryRules(ctx context.Context, in *struct{ Body tryOut }) (*struct{ Body decisionView }, error) {
	if reason := rules.CheckFacts(in.Body.Facts); reason != "" {
		return nil, web.Invalid.Problem(web.FaultAt("body.facts", reason))
	}
	question, err := a.sampleQuestion(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	question.Roll = in.Body.Roll
	if in.Body.At != nil {
		question.Now = *in.Body.At
	}
	for i := range question.Queues {
		question.Queues[i].Alerted = false // everything that there is to tell is told here
	}
	for name, value := range in.Body.Facts {
		question.Facts[name] = rules.WholeNumbers(value)
	}
	decision := routing.Decide(question, requestEvaluator{ctx, a.cfg.Evaluator})
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("try rules: %w", err)
	}
	return &struct{ Body decisionView }{viewDecision(decision)}, nil
}

// requestEvaluator asks another Evaluator until a request ends.
type requestEvaluator struct {
	request   context.Context //nolint:containedctx // it lives as long as the request
	evaluator routing.Evaluator
}

// Evaluate implements routing.Evaluator.
func (j requestEvaluator) Evaluate(condition string, facts routing.Facts) (bool, error) {
	if err := j.request.Err(); err != nil {
		return false, err
	}
	return j.evaluator.Evaluate(condition, facts)
}

// sampleQuestion asks what would be asked for a conversation that there is, or for one of a workstream.
func (a *Admin) sampleQuestion(ctx context.Context, b tryOut) (routing.Question, error) {
	who := web.CallerOf(ctx)
	question := routing.Question{Now: a.cfg.Now()}
	workstream := conversation.WorkstreamID(b.WorkstreamID)
	if (b.WorkstreamID == "") == (b.ConversationID == "") {
		return question, web.Invalid.Problem(web.FaultAt("body", "expected either workstream_id or conversation_id"))
	}
	if b.ConversationID != "" {
		ref := conversation.Ref{Tenant: who.Tenant, Conversation: conversation.ID(b.ConversationID)}
		turn, err := a.cfg.RoutingPlans.LastTurn(ctx, ref)
		if err != nil {
			return question, err
		}
		if question, err = a.cfg.RoutingPlans.TrialQuestion(ctx, ref, turn, ""); err != nil {
			return question, err
		}
		workstream = question.Workstream.ID
	}
	if question.Facts == nil {
		question.Facts = routing.Facts{}
	}
	plan, err := a.cfg.RoutingPlans.RoutingPlan(ctx, who.Tenant, workstream)
	if err != nil {
		return question, err
	}
	applyPlan(&question, plan, b.Drafts == nil || *b.Drafts)
	return question, nil
}

// applyPlan makes a question about what a plan says, its drafts or what is in force.
func applyPlan(question *routing.Question, plan routing.Plan, drafts bool) {
	question.Workstream, question.Queues = plan.Workstream, plan.Queues
	question.Classifications, question.Route = nil, nil
	for _, r := range plan.Rulesets {
		version := r.InForce
		if drafts {
			version = r.Newest()
		}
		switch {
		case version == nil:
		case r.Kind == routing.Classification:
			question.Classifications = append(question.Classifications, *version)
		case r.Kind == routing.RouteToQueue:
			question.Route = version
		}
	}
}
