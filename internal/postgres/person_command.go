package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
)

// act is a command of a person under way.
type act struct {
	*talk
	cmd    conversation.PersonCommand
	text   string  // what came with it; "" where nothing did
	me     *person // the agent who commands; nil where it is no agent
	moved  bool    // the standing was changed
	before conversation.AgentID
	done   conversation.Commanded
}

// Command does what a person asks, in one transaction with what it came to, which the command's row keeps: repeated it
// answers the same and does nothing. A refusal is such an answer too; nothing was changed then. ErrNotFound when the tenant
// has no such command for this conversation, or no such conversation.
func (db *DB) Command(ctx context.Context, cmd conversation.PersonCommand) (conversation.Commanded, error) {
	c := conversation.Ref{Tenant: cmd.By.Tenant, Conversation: cmd.Conversation}
	return transact(ctx, db, string(cmd.Kind)+" conversation "+string(cmd.Conversation), func(tx *sqlx.Tx) (conversation.Commanded, error) {
		const query = `select body, effect from commands where tenant = $1 and id = $2 and conversation_id = $3 for no key update`
		var row struct {
			Body   []byte `db:"body"`
			Effect []byte `db:"effect"`
		}
		if err := tx.GetContext(ctx, &row, query, c.Tenant, cmd.ID, c.Conversation); err != nil {
			return conversation.Commanded{}, err
		}
		if row.Effect != nil {
			var done conversation.Commanded
			err := json.Unmarshal(row.Effect, &done)
			return done, err
		}
		done, err := db.command(ctx, tx, c, cmd, row.Body)
		if err != nil {
			return conversation.Commanded{}, err
		}
		effect, err := json.Marshal(done)
		if err != nil {
			return conversation.Commanded{}, fmt.Errorf("encode what command %s came to: %w", cmd.ID, err)
		}
		const update = `update commands set effect = $3, body = null where tenant = $1 and id = $2`
		_, err = tx.ExecContext(ctx, update, c.Tenant, cmd.ID, string(effect))
		return done, err
	})
}

func (db *DB) command(ctx context.Context, tx *sqlx.Tx, c conversation.Ref, cmd conversation.PersonCommand, body []byte) (conversation.Commanded, error) {
	cmd.QueueID, cmd.AgentID = knownForm(cmd.QueueID), conversation.AgentID(knownForm(conversation.QueueID(cmd.AgentID)))
	t, err := db.lockTalk(ctx, tx, c, cmd.By.AgentID, cmd.AgentID)
	if err != nil {
		return conversation.Commanded{}, err
	}
	a := &act{talk: t, cmd: cmd, before: t.Agent}
	if me, ok := t.people[cmd.By.AgentID]; ok && !me.Disabled {
		a.me = &me
	}
	if a.text, err = a.openText(body); err != nil {
		return conversation.Commanded{}, err
	}
	if a.done.Refused, err = a.allowed(ctx); err == nil && a.done.Refused == "" {
		a.done.Refused, err = a.do(ctx)
	}
	if err != nil {
		return conversation.Commanded{}, err
	}
	a.done.Dropped = t.dropped
	if a.moved {
		a.done.Standing, err = changed(ctx, tx, c, a.before)
	} else {
		a.done.Standing, err = readStanding(ctx, tx, c)
	}
	return a.done, err
}

func (a *act) openText(sealed []byte) (string, error) {
	seal, err := a.seal()
	if err != nil {
		return "", err
	}
	return seal.openCommand(a.cmd.ID, sealed)
}

// allowed judges what goes for every command: who may see the conversation, who may command it, whether it still runs, and
// whether it is as the caller has seen it.
func (a *act) allowed(ctx context.Context) (conversation.Refusal, error) {
	seen, err := a.seen(ctx)
	switch {
	case err != nil:
		return "", err
	case !seen:
		return conversation.RefusedNotYours, nil
	case a.State == conversation.StateClosed:
		return conversation.RefusedClosed, nil
	case a.cmd.IfRevision != 0 && a.cmd.IfRevision != a.Revision:
		return conversation.RefusedStale, nil
	}
	return "", nil
}

// seen reports whether the one who commands may see the conversation (S5): supervisors every one; an agent those that he
// has or had, that are or were offered to him, and those that wait in a queue of his.
func (a *act) seen(ctx context.Context) (bool, error) {
	if a.supervises() {
		return true, nil
	}
	if a.me == nil {
		return false, nil
	}
	const query = `
		select exists (select from assignments where tenant = $1 and conversation_id = $2 and agent_id = $3)
			or $4 and exists (select from queue_members where tenant = $1 and queue_id = nullif($5, '')::uuid and agent_id = $3)`
	var seen bool
	err := a.tx.GetContext(ctx, &seen, query, a.ref.Tenant, a.ref.Conversation, a.me.ID, a.Holder == conversation.HolderQueue, string(a.Queue))
	return seen, err
}

// supervises reports whether who commands steers every conversation.
func (a *act) supervises() bool {
	return a.cmd.By.Role == conversation.RoleAdmin || a.cmd.By.Role == conversation.RoleSupervisor
}

// mine reports whether who commands has the conversation.
func (a *act) mine() bool {
	return a.me != nil && a.Holder == conversation.HolderAgent && a.Agent == a.me.ID
}

// do does it, or says why not.
func (a *act) do(ctx context.Context) (conversation.Refusal, error) {
	switch a.cmd.Kind {
	case conversation.CommandAccept:
		return a.accept(ctx)
	case conversation.CommandReject:
		return a.reject(ctx)
	case conversation.CommandPick:
		return a.pick(ctx)
	case conversation.CommandReply:
		return a.reply(ctx)
	case conversation.CommandResend:
		return a.resend(ctx)
	case conversation.CommandNote:
		return a.note(ctx)
	case conversation.CommandSetContext:
		return a.setContext(ctx)
	case conversation.CommandSetSkills:
		return a.setSkills(ctx)
	case conversation.CommandTransfer:
		return a.transfer(ctx)
	case conversation.CommandAssign:
		return a.assign(ctx)
	case conversation.CommandWait:
		return a.wait(ctx)
	case conversation.CommandResume:
		return a.resume(ctx)
	case conversation.CommandWrapUp:
		return a.wrapUp(ctx)
	case conversation.CommandClose:
		return a.close(), nil
	case conversation.CommandForceClose:
		return a.forceClose(), nil
	}
	return "", fmt.Errorf("unknown command %q", a.cmd.Kind)
}
