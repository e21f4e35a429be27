package simulator

import (
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"wxdesk/internal/simulator/envelope"
)

// Template is a template that WeChat granted to an account. Its content names the data that a message must bring: {{first.DATA}}.
type Template struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Content string `json:"content"`
}

var templateData = regexp.MustCompile(`\{\{(\w+)\.DATA\}\}`)

func checkTemplates(templates []Template) error {
	for _, t := range templates {
		if t.ID == "" || !templateData.MatchString(t.Content) {
			return errors.New("a template has an id and a content with data such as {{first.DATA}}")
		}
	}
	return nil
}

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

// receipt remembers a template message by what its sender calls it.
type receipt struct {
	AppID       string    `json:"app_id"`
	OpenID      string    `json:"openid"`
	ClientMsgID string    `json:"client_msg_id"`
	MsgID       int64     `json:"msg_id"`
	At          time.Time `json:"at"` // simulator's clock
}

// receiptLives is how long the same client_msg_id for the same customer is the same message (wechat-protocol 7.5).
const receiptLives = 10 * time.Minute

// templateSend shows a template message, outside every reply window, and tells the account what became of it.
func (s *Simulator) templateSend(c *call) (any, *refusal, change) {
	var m templateMessage
	if refused := decodeCall(c.body, &m); refused != nil {
		return nil, refused, change{}
	}
	f, ok := c.account.followers[m.ToUser]
	switch {
	case !ok:
		return nil, refuse(codeInvalidOpenID), change{}
	case !f.Subscribed:
		return nil, refuse(codeNotFollowing), change{}
	}
	text, refused := c.account.fill(m)
	if refused != nil {
		return nil, refused, change{}
	}
	if r, known := c.account.receipts[receiptKey{m.ToUser, m.ClientMsgID}]; known && s.now().Sub(r.At) < receiptLives {
		return templateAnswer(r.MsgID), nil, change{}
	}
	id, done, status := s.nextID(), change{}, "success"
	if f.Muted {
		status = "failed:user block"
	} else {
		done.Shown = []shown{f.next(Item{
			At: s.wall(), From: FromAccount, Channel: ByTemplate, Kind: "template", Text: text,
			Fields: filled("url", m.URL, "appid", m.MiniProgram.AppID, "pagepath", m.MiniProgram.PagePath),
		})}
	}
	if m.ClientMsgID != "" {
		done.Receipt = &receipt{c.account.AppID, m.ToUser, m.ClientMsgID, id, s.now()}
	}
	done.LastID = id
	done.Callback = s.callback(c.account, f.OpenID, templateFinished(id, status), "", s.wall(), id)
	return templateAnswer(id), nil, done
}

func templateAnswer(id int64) any {
	return struct {
		refusal
		MsgID int64 `json:"msgid"`
	}{okAnswer(), id}
}

func templateFinished(id int64, status string) composed {
	return event("TEMPLATESENDJOBFINISH", status, "", false, envelope.Bare("MsgID", strconv.FormatInt(id, 10)), envelope.CDATA("Status", status))
}

// fill writes the data into the template: every name of the template must be there, with a text as its value.
func (a *accountState) fill(m templateMessage) (string, *refusal) {
	for _, t := range a.Templates {
		if t.ID != m.TemplateID {
			continue
		}
		missing := false
		content := templateData.ReplaceAllStringFunc(t.Content, func(name string) string {
			var datum struct{ Value *string }
			raw := m.Data[templateData.FindStringSubmatch(name)[1]]
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
	return "", refuse(codeTemplateID)
}
