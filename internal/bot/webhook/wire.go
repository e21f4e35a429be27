package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// What webhook.schema.json describes. A test holds the two together.
type (
	wireRequest struct {
		ConversationID conversation.ID        `json:"conversation_id"`
		TurnID         conversation.MessageID `json:"turn_id"`
		First          bool                   `json:"first"`
		Account        wireAccount            `json:"account"`
		Customer       wireCustomer           `json:"customer"`
		Message        wireMessage            `json:"message"`
	}
	wireAccount struct {
		ID       conversation.AccountID `json:"id"`
		Language conversation.Language  `json:"language"`
	}
	wireCustomer struct {
		ID conversation.CustomerID `json:"id"`
	}
	wireMessage struct {
		Kind         string        `json:"kind"`
		Text         string        `json:"text"`
		Time         time.Time     `json:"time"`
		Key          string        `json:"key,omitempty"`
		MenuID       string        `json:"menu_id,omitempty"`
		ScanResult   string        `json:"scan_result,omitempty"`
		MediaID      string        `json:"media_id,omitempty"`
		ThumbMediaID string        `json:"thumb_media_id,omitempty"`
		PictureURL   string        `json:"picture_url,omitempty"`
		Format       string        `json:"format,omitempty"`
		Recognition  string        `json:"recognition,omitempty"`
		Location     *wireLocation `json:"location,omitempty"`
		Link         *wireLink     `json:"link,omitempty"`
	}
	wireLocation struct {
		Latitude  float64 `json:"latitude"`
		Longitude float64 `json:"longitude"`
		Label     string  `json:"label,omitempty"`
	}
	wireLink struct {
		URL         string `json:"url"`
		Title       string `json:"title,omitempty"`
		Description string `json:"description,omitempty"`
	}

	wireAnswer struct {
		Messages []wireText     `json:"messages,omitempty"`
		Command  *wireCommand   `json:"command,omitempty"`
		Context  map[string]any `json:"context,omitzero"` // the ledger takes what the workstream declares
	}
	wireText struct {
		Text string `json:"text"`
	}
	wireCommand struct {
		Name    bot.Command          `json:"name"`
		Reason  string               `json:"reason,omitempty"`
		QueueID conversation.QueueID `json:"queue_id,omitempty"`
		Summary string               `json:"summary,omitempty"`
	}
)

// An answer's limits. What is told to the agent is cut if it is longer.
const (
	maxTexts   = 3
	maxReason  = 1000 // characters
	maxSummary = 4000
)

func requestOf(q bot.Question) wireRequest {
	return wireRequest{
		ConversationID: q.Conversation,
		TurnID:         q.TurnID,
		First:          q.First,
		Account:        wireAccount{ID: q.AccountID, Language: q.Language},
		Customer:       wireCustomer{ID: q.Customer},
		Message:        messageOf(q),
	}
}

func messageOf(q bot.Question) wireMessage {
	f := q.Fields
	m := wireMessage{
		Kind: q.Kind, Text: q.Text, Time: q.At.UTC(),
		Key: f["EventKey"], MenuID: f["bizmsgmenuid"], ScanResult: f["ScanCodeInfo/ScanResult"],
		MediaID: f["MediaId"], ThumbMediaID: f["ThumbMediaId"], PictureURL: f["PicUrl"],
		Format: f["Format"], Recognition: f["Recognition"],
		Location: locationOf(f),
	}
	if m.Key != "" { // an event: what stands for its text elsewhere is its key
		m.Text = ""
	}
	if f["Url"] != "" {
		m.Link = &wireLink{URL: f["Url"], Title: f["Title"], Description: f["Description"]}
	}
	return m
}

// locationOf reads WeChat's Location_X, which is the latitude, and Location_Y.
func locationOf(f map[string]string) *wireLocation {
	latitude, errX := strconv.ParseFloat(f["Location_X"], 64)
	longitude, errY := strconv.ParseFloat(f["Location_Y"], 64)
	if errX != nil || errY != nil || !(latitude >= -90 && latitude <= 90 && longitude >= -180 && longitude <= 180) {
		return nil
	}
	return &wireLocation{Latitude: latitude, Longitude: longitude, Label: f["Label"]}
}

// Why an answer is of no use. They quote nothing of it.
var (
	errNotUnderstood = errors.New("webhook: the answer is not the JSON that the schema describes")
	errSaysNothing   = errors.New("webhook: the answer neither says something nor has a command that there is")
	errBlankText     = errors.New("webhook: a text of the answer is blank")
	errTooMuch       = errors.New("webhook: the answer needs more messages than may be sent")
)

// isRefusal reports whether an answer was understood but is of no use.
func isRefusal(err error) bool {
	return errors.Is(err, errSaysNothing) || errors.Is(err, errBlankText) || errors.Is(err, errTooMuch) || errors.Is(err, bot.ErrLeak)
}

// What a bot asked for and does not get (B07).
const (
	ignoredCommand      = "an unknown command"
	ignoredConversation = "another conversation"
)

// readAnswer reads the answer to q. Long texts become several messages, as long as these are at most three and, by
// our count, within the customer's reply allowance.
func readAnswer(text []byte, q bot.Question) (bot.Answer, error) {
	var said wireAnswer
	if !utf8.Valid(text) || json.Unmarshal(text, &said) != nil {
		return bot.Answer{}, errNotUnderstood
	}
	answer := wishesOf(said.Command)
	answer.Context = said.Context
	if namesAnother(text, q.Conversation) {
		answer.Ignored = append(answer.Ignored, ignoredConversation)
	}
	for _, m := range said.Messages {
		shown := tame(m.Text)
		if wechat.Blank(shown) {
			return bot.Answer{}, errBlankText
		}
		if leaks(shown, q.Bot) {
			return bot.Answer{}, fmt.Errorf("webhook: %w", bot.ErrLeak)
		}
		parts := split(shown, wechat.MaxTextBytes)
		if len(parts) == 0 { // there is no place to split at
			return bot.Answer{}, errTooMuch
		}
		answer.Texts = append(answer.Texts, parts...)
	}
	wasSplit := len(answer.Texts) > len(said.Messages)
	switch {
	case len(answer.Texts) > maxTexts, wasSplit && len(answer.Texts) > q.Replies:
		return bot.Answer{}, errTooMuch
	case len(answer.Texts) == 0 && answer.Command == bot.CommandNone:
		return bot.Answer{}, errSaysNothing
	}
	return answer, nil
}

// wishesOf returns the command of an answer. A bot may ask only for the commands on the list.
func wishesOf(c *wireCommand) (a bot.Answer) {
	switch {
	case c == nil:
	case c.Name == bot.CommandEnd:
		a.Command = c.Name
	case c.Name == bot.CommandEscalate:
		a.Command = c.Name
		a.Reason, a.QueueID, a.Summary = cut(c.Reason, maxReason), c.QueueID, cut(c.Summary, maxSummary)
	default:
		a.Ignored = []string{ignoredCommand}
	}
	return a
}

// namesAnother reports whether an answer names another conversation. The answer counts for its own conversation nevertheless, because
// a bot does not choose the conversation.
func namesAnother(text []byte, own conversation.ID) bool {
	var said struct {
		ConversationID any `json:"conversation_id"`
	}
	_ = json.Unmarshal(text, &said) // it has been read before
	return said.ConversationID != nil && said.ConversationID != string(own)
}

// cut shortens a text to a number of characters.
func cut(text string, characters int) string {
	for i := range text {
		if characters == 0 {
			return text[:i]
		}
		characters--
	}
	return text
}
