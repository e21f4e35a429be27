package events

import (
	"net/url"
	"strings"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
)

// scope is the part of what a viewer may see that a stream shows. The zero value is all of it.
type scope struct {
	of           scopeKind
	conversation conversation.ID // of scopeConversation
}

type scopeKind string

const (
	scopeAll          scopeKind = ""
	scopeMine         scopeKind = "mine"         // what the viewer would see if they were an agent only
	scopeBoard        scopeKind = "board"        // how conversations and agents stand, alerts, and read marks; nothing of what is said
	scopeConversation scopeKind = "conversation" // one conversation
)

// readScope reads the query of a request for a stream: nothing, or one "only". It refuses "mine" of who is no agent.
func readScope(query string, who access.Principal) (scope, *web.Problem) {
	values, err := url.ParseQuery(query)
	if err != nil || len(values) > 1 || len(values) == 1 && len(values["only"]) != 1 {
		return scope{}, web.Invalid.Problem(web.FaultAt("query", "expected nothing, or one only"))
	}
	of, id, named := strings.Cut(values.Get("only"), ":")
	s := scope{scopeKind(of), conversation.ID(id)}
	switch {
	case s.of == scopeConversation && web.IsUUID(id):
		return s, nil
	case named:
	case s.of == scopeAll, s.of == scopeBoard, s.of == scopeMine && who.AgentID != "":
		return s, nil
	case s.of == scopeMine:
		return scope{}, web.Invalid.Problem(web.FaultAt("query.only", "expected no mine, because you are no agent"))
	}
	return scope{}, web.Invalid.Problem(web.FaultAt("query.only", "expected mine, board, or conversation: and a UUID in lower case"))
}

// viewer is who the stream's bearer reads as.
func (s scope) viewer(who access.Principal) access.Viewer {
	if s.of == scopeMine {
		return who.AgentViewer()
	}
	return who.Viewer()
}

// shows reports whether a stream shows an event that its viewer may see. Changes of the set-up concern everybody.
func (s scope) shows(e feed.Event) bool {
	if e.Kind == feed.KindSettings {
		return true
	}
	switch s.of {
	case scopeBoard:
		return e.Kind == feed.KindConversation || e.Kind == feed.KindPresence || e.Kind == feed.KindAlert || e.Kind == feed.KindRead
	case scopeConversation:
		return e.Conversation == s.conversation
	case scopeAll, scopeMine:
	}
	return true
}
