package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// setSkills says anew what the conversation needs, all of it (SKL-5): its agent may, where the workstream lets him, and
// supervisors. It counts wherever the conversation is looked for agents next; who has it keeps it.
func (a *act) setSkills(ctx context.Context) (conversation.Refusal, error) {
	switch {
	case !a.mine() && !a.supervises():
		return conversation.RefusedNotYours, nil
	case !a.AgentsSetSkills && !a.supervises():
		return conversation.RefusedNotAllowed, nil
	case a.item == nil:
		return conversation.RefusedState, nil
	}
	needed, ok := neededIn(a.text)
	if !ok {
		return conversation.RefusedText, nil
	}
	ids := each(needed, func(s routing.NeededSkill) routing.SkillID { return s.SkillID })
	err := hold(ctx, a.tx, a.ref.Tenant, liveSkills, "skills", ids...)
	switch {
	case errors.As(err, new(*routing.UnknownError)):
		return conversation.RefusedUnknownSkill, nil
	case err != nil:
		return "", err
	}
	slices.SortFunc(needed, func(a, b routing.NeededSkill) int { return cmp.Compare(a.SkillID, b.SkillID) })
	if err := a.needs(ctx, needed); err != nil {
		return "", err
	}
	a.moved = true
	by := cmp.Or(string(a.cmd.By.AgentID), a.cmd.By.TokenID)
	return "", a.traced(ctx, stageCommand, struct {
		Command conversation.CommandKind `json:"command"`
		By      string                   `json:"by"`
		Skills  []routing.NeededSkill    `json:"skills"`
	}{a.cmd.Kind, by, needed})
}

// neededIn reads the skills of a command.
func neededIn(text string) (needed []routing.NeededSkill, ok bool) {
	err := json.Unmarshal([]byte(text), &needed)
	return needed, err == nil
}

// needs writes the skills that the work item needs, sorted. Other agents fit it now.
func (a *act) needs(ctx context.Context, needed []routing.NeededSkill) error {
	skills, _, err := encodeNeeds(routing.Needs{Skills: needed})
	if err != nil {
		return err
	}
	const query = `
		select i.attributes, i.preferred, coalesce(c.workstream_id::text, '') as workstream
		from work_items i join conversations c on c.tenant = i.tenant and c.id = i.conversation_id
		where i.tenant = $1 and i.id = $2`
	var row struct {
		Attributes []byte         `db:"attributes"`
		Preferred  pq.StringArray `db:"preferred"`
		Workstream string         `db:"workstream"`
	}
	if err := a.tx.GetContext(ctx, &row, query, a.ref.Tenant, a.item.ID); err != nil {
		return err
	}
	const update = `update work_items set skills = $3, demand = $4 where tenant = $1 and id = $2`
	hash := demand(*a.item, row.Workstream, skills, row.Attributes, row.Preferred)
	if _, err := a.tx.ExecContext(ctx, update, a.ref.Tenant, a.item.ID, string(skills), hash); err != nil {
		return err
	}
	return wake(ctx, a.tx, a.ref.Tenant, atOnce)
}
