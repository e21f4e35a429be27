package apitest

import (
	"cmp"
	"context"
	"maps"
	"time"

	"github.com/google/uuid"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/user"
)

func (p *People) CountTry(_ context.Context, _ conversation.Tenant, name, network string) (wait time.Duration, err error) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	if p.tries == nil {
		p.tries = map[string]*user.Tries{}
	}
	for _, key := range []string{"name " + user.Key(name), "network " + network} {
		tries := p.tries[key]
		if tries == nil || p.now().Sub(tries.Since) >= user.TriesWithin {
			tries = &user.Tries{Since: p.now()}
			p.tries[key] = tries
		}
		tries.Count++
		wait = max(wait, tries.Wait(p.now()))
	}
	return wait, p.Away
}

func (p *People) PasswordOf(_ context.Context, _ conversation.Tenant, name string) (user.ID, string, error) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	if u := p.named(name); u != nil && !u.Disabled {
		return u.ID, u.password, nil
	}
	return "", "", cmp.Or(p.Away, conversation.ErrNotFound)
}

func (p *People) RenewPasswordHash(_ context.Context, _ conversation.Tenant, id user.ID, old, hash string) error {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	if u := p.users[id]; u.password == old {
		u.password = hash
		p.Renewed++
	}
	return nil
}

func (p *People) SetPassword(_ context.Context, by access.Principal, hash string) error {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	u := p.users[user.ID(by.UserID)]
	u.password, u.HasPassword = hash, true
	p.end(u.ID, by.SessionID)
	return nil
}

func (p *People) end(id user.ID, but string) {
	maps.DeleteFunc(p.sessions, func(_ [32]byte, s *session) bool { return s.of == id && s.ID != but })
}

func (p *People) BeginSession(_ context.Context, _ conversation.Tenant, id user.ID, o user.Opening) (secret.Value, access.Principal, error) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	u := p.users[id]
	if u == nil || u.Disabled {
		return secret.Value{}, access.Principal{}, conversation.ErrNotFound
	}
	delete(p.tries, "name "+user.Key(u.Name))
	if tries := p.tries["network "+o.Network]; tries != nil {
		tries.Count--
	}
	return p.begin(u, o)
}

func (p *People) begin(u *person, o user.Opening) (secret.Value, access.Principal, error) {
	delete(p.sessions, o.Replaces)
	text, hash := p.text("session-")
	s := &session{user.Session{ID: uuid.NewString(), ByLink: o.ByLink, Network: o.Network, Browser: o.Browser, CreatedAt: p.now(), SeenAt: p.now()}, u.ID}
	p.sessions[hash] = s
	return text, p.principal(s), nil
}

func (p *People) SessionsOf(_ context.Context, _ conversation.Tenant, id user.ID) (list []user.Session, err error) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	for _, s := range p.sessions {
		if s.of == id {
			list = append(list, s.Session)
		}
	}
	return list, nil
}

func (p *People) EndSession(_ context.Context, _ conversation.Tenant, id user.ID, which string) error {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	for hash, s := range p.sessions {
		if s.of == id && s.ID == which {
			delete(p.sessions, hash)
			return nil
		}
	}
	return conversation.ErrNotFound
}

func (p *People) MakeLink(_ context.Context, by access.Actor, id user.ID, hereOnly bool) (secret.Value, time.Time, error) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	u := p.users[id]
	if u == nil || u.Tenant != by.Tenant {
		return secret.Value{}, time.Time{}, conversation.ErrNotFound
	}
	code, hash := p.text("link-")
	p.links[hash] = user.Link{Tenant: u.Tenant, UserID: u.ID, Name: u.Name, HereOnly: hereOnly}
	return code, p.now().Add(user.LinkLifetime), nil
}

func (p *People) FindLink(_ context.Context, hash [32]byte) (user.Link, error) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	link, ok := p.links[hash]
	if !ok {
		return link, cmp.Or(p.Away, conversation.ErrNotFound)
	}
	link.HasPassword = p.users[link.UserID].HasPassword
	return link, nil
}

func (p *People) UseLink(_ context.Context, link user.Link, hash [32]byte, password string, o user.Opening) (secret.Value, access.Principal, error) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	if _, ok := p.links[hash]; !ok {
		return secret.Value{}, access.Principal{}, conversation.ErrNotFound
	}
	delete(p.links, hash)
	u := p.users[link.UserID]
	if password != "" {
		u.password, u.HasPassword = password, true
		p.end(u.ID, "")
	}
	o.ByLink = true
	return p.begin(u, o)
}

func (p *People) BeginShift(_ context.Context, who access.Principal) error {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	p.working[who.UserID] = true
	return nil
}

func (p *People) EndShift(_ context.Context, who access.Principal) error {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	delete(p.working, who.UserID)
	return nil
}

func (p *People) AtWork(_ context.Context, who access.Principal) (bool, error) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	return p.working[who.UserID], nil
}
