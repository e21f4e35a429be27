package desk

import (
	"context"
	"encoding/json"
	"fmt"

	"wxdesk/api/web"
	"wxdesk/internal/command"
	"wxdesk/internal/routing"
)

type skillsRequest struct {
	Skills []routing.NeededSkill `json:"skills" nullable:"false" maxItems:"100" doc:"All that the conversation needs, each once, rated 1 to 10"`
}

func (d *Desk) SetSkills(ctx context.Context, in *struct {
	ToCommand
	AsSeen
	Body skillsRequest
},
) (*commandAnswer, error) {
	known := map[routing.SkillID]bool{}
	for i, s := range in.Body.Skills {
		if !web.IsUUID(string(s.SkillID)) || known[s.SkillID] || s.Rating < 1 || s.Rating > routing.MaxRating {
			return nil, web.Invalid.Problem(web.FaultAt(fmt.Sprintf("body.skills[%d]", i), "expected UUIDs in lower case, each once, and ratings of 1 to 10"))
		}
		known[s.SkillID] = true
	}
	text, err := json.Marshal(in.Body.Skills)
	if err != nil {
		return nil, fmt.Errorf("encode skills: %w", err)
	}
	return d.command(ctx, in.ToCommand, in.AsSeen, command.Command{Kind: command.SetSkills}, string(text))
}
