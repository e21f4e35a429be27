package platform

import (
	"encoding/json"
	"strconv"
	"strings"

	"wxdesk/internal/simulator/delivery"
	"wxdesk/internal/simulator/envelope"
	"wxdesk/internal/simulator/state"
)

// templateMessage is the body of message/template/send.
type templateMessage struct {
	ToUser      string `json:"touser"`
	TemplateID  string `json:"template_id"`
	URL         string `json:"url"`
	MiniProgram struct {
		AppID    string `json:"appid"`
		PagePath string `json:"pagepath"`
	} `json:"miniprogram"`
	ClientMsgID string                     `json:"client_msg_id"`
	Data        map[string]json.RawMessage `json:"data"`
}

// templateSend shows a template message, outside every reply window, and tells the account what became of it.
func (p *API) templateSend(c *call) result {
	var m templateMessage
	if refusal := decode(c.body, &m); refusal != nil {
		return refused(refusal)
	}
	f, ok := c.account.Followers[m.ToUser]
	switch {
	case !ok:
		return refused(refuse(codeInvalidOpenID))
	case !f.Subscribed:
		return refused(refuse(codeNotFollowing))
	}
	text, refusal := m.fill(c.account.Templates)
	if refusal != nil {
		return refused(refusal)
	}
	if r, known := c.account.Receipt(m.ToUser, m.ClientMsgID, p.store.Now()); known {
		return answered(templateAnswer(r.MsgID), state.Change{})
	}
	return p.sendTemplate(c.account, f, m, text)
}

func (p *API) sendTemplate(a *state.AccountData, f *state.FollowerData, m templateMessage, text string) result {
	id, status := p.store.NextID(), "success"
	done := state.Change{LastID: id}
	if f.Muted {
		status = "failed:user block"
	} else {
		done.Shown = []state.Shown{f.Next(state.Item{
			At: p.store.Wall(), From: state.FromAccount, Channel: state.ByTemplate, Kind: "template", Text: text,
			Fields: filled("url", m.URL, "appid", m.MiniProgram.AppID, "pagepath", m.MiniProgram.PagePath),
		})}
	}
	if m.ClientMsgID != "" {
		done.Receipt = &state.Receipt{AppID: a.AppID, OpenID: m.ToUser, ClientMsgID: m.ClientMsgID, MsgID: id, At: p.store.Now()}
	}
	done.Callback = p.courier.Callback(a, f.OpenID, templateFinished(id, status), p.store.Wall(), id)
	return answered(templateAnswer(id), done)
}

func templateAnswer(id int64) any {
	return struct {
		APIError
		MsgID int64 `json:"msgid"`
	}{success(), id}
}

func templateFinished(id int64, status string) delivery.Content {
	return delivery.Event("TEMPLATESENDJOBFINISH", status,
		envelope.Bare("MsgID", strconv.FormatInt(id, 10)), envelope.CDATA("Status", status))
}

// fill writes the data into the template: every name of the template must be there, with a text as its value.
func (m templateMessage) fill(templates []state.Template) (string, *APIError) {
	for _, t := range templates {
		if t.ID == m.TemplateID {
			return m.fillOne(t)
		}
	}
	return "", refuse(codeTemplateID)
}

func (m templateMessage) fillOne(t state.Template) (string, *APIError) {
	missing := false
	content := state.TemplateData.ReplaceAllStringFunc(t.Content, func(name string) string {
		var datum struct{ Value *string }
		raw := m.Data[state.TemplateData.FindStringSubmatch(name)[1]]
		if json.Unmarshal(raw, &datum) != nil || datum.Value == nil {
			missing = true
			return ""
		}
		return *datum.Value
	})
	if missing {
		return "", refuse(codeTemplateData)
	}
	return strings.TrimPrefix(t.Title+"\n", "\n") + content, nil
}
