package desk

import (
	"context"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
)

// workView is what concerns an agent now.
type workView struct {
	Offers []ConversationView `json:"offers" nullable:"false" doc:"Offered to you, the one that ends soonest first"`
	Mine   []ConversationView `json:"mine" nullable:"false" doc:"That you have"`
	Open   []ConversationView `json:"open" nullable:"false" doc:"That wait in your queues, the longest first"`
	More   moreWorkView       `json:"more" doc:"Of which sort there is more than is listed: at most 100 of each are"`
}

type moreWorkView struct {
	Offers bool `json:"offers"`
	Mine   bool `json:"mine"`
	Open   bool `json:"open"`
}

func (d *Desk) GetMyWork(ctx context.Context, _ *struct{}) (*struct{ Body workView }, error) {
	who := web.CallerOf(ctx)
	w, err := d.cfg.Conversations.Work(ctx, who.AgentViewer()) // theirs, also where they may see all
	if err != nil {
		return nil, err
	}
	view := func(found []conversation.Conversation) []ConversationView {
		list := make([]ConversationView, len(found))
		for i, c := range found {
			list[i] = d.viewConversation(c)
		}
		return list
	}
	return &struct{ Body workView }{workView{view(w.Offers), view(w.Mine), view(w.Open), moreWorkView(w.More)}}, nil
}
