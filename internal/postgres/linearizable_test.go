package postgres_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
)

// asked is what an agent did with a conversation: pick it, hand it back to its queue, or look who has it.
type asked struct {
	conversation conversation.Ref
	kind         command.Kind // "": look
	by           conversation.AgentID
}

// answered is the answer to it.
type answered struct {
	refused command.Refusal
	agent   conversation.AgentID // who has it, of a look
}

// ownership is a conversation as its owners see it: it has one or none; who picks it must find none, and only the owner hands
// it back.
func ownership() porcupine.Model {
	const nobody = conversation.AgentID("")
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			of := map[conversation.ID][]porcupine.Operation{}
			for _, op := range history {
				id := op.Input.(asked).conversation.Conversation
				of[id] = append(of[id], op)
			}
			parts := make([][]porcupine.Operation, 0, len(of))
			for _, part := range of {
				parts = append(parts, part)
			}
			return parts
		},
		Init: func() any { return nobody },
		Step: func(state, input, output any) (bool, any) {
			owner, in, out := state.(conversation.AgentID), input.(asked), output.(answered)
			switch {
			case in.kind == "":
				return out.agent == owner, owner
			case in.kind == command.Pick && out.refused == "":
				return owner == nobody, in.by
			case in.kind == command.Pick:
				return owner != nobody, owner
			case out.refused == "":
				return owner == in.by, nobody
			}
			return owner != in.by, owner
		},
	}
}

// R6
// Agents pick, hand back and look, all at once and at random. Whatever each was told, there is one order in time in which it
// is true of all.
func TestOwnership_isLinearizable(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream("mode = 'pick', units = 1")
	refs := make([]conversation.Ref, 3)
	for i := range refs {
		refs[i] = d.Waiting(uuid.NewString())
	}
	const agents = 5
	acts := postgrestest.Scale(30, 300)
	type act struct {
		asked
		command command.Request
	}
	plans := make([][]act, agents)
	for i := range plans {
		me := d.NewAgent("Agent " + uuid.NewString())
		for range acts {
			a := act{asked: asked{conversation: refs[rand.N(len(refs))], by: me.AgentID}}
			switch rand.N(5) {
			case 0:
			case 1, 2:
				a.kind = command.Transfer
				a.command = d.Order(a.conversation, me, a.kind, "", postgrestest.ToQueue(d.TheQueue))
			default:
				a.kind = command.Pick
				a.command = d.Order(a.conversation, me, a.kind, "")
			}
			plans[i] = append(plans[i], a)
		}
	}

	began := time.Now()
	history := make([]porcupine.Operation, agents*acts)
	var group errgroup.Group
	for i, plan := range plans {
		group.Go(func() error {
			for n, a := range plan {
				op := porcupine.Operation{ClientId: i, Input: a.asked, Call: time.Since(began).Nanoseconds()}
				out, err := does(d, t, a.asked, a.command)
				if err != nil {
					return err
				}
				op.Output, op.Return = out, time.Since(began).Nanoseconds()
				history[i*acts+n] = op
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	require.Equal(t, porcupine.Ok, porcupine.CheckOperationsTimeout(ownership(), history, time.Minute))

	won := 0
	for _, op := range history {
		if op.Input.(asked).kind == command.Pick && op.Output.(answered).refused == "" {
			won++
		}
	}
	require.Greater(t, won, len(refs), "conversations have changed hands")
}

// R6
func TestOwnership_twoOwnersAreFound(t *testing.T) {
	t.Parallel()
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	pick := func(by conversation.AgentID, call, back int64) porcupine.Operation {
		return porcupine.Operation{Input: asked{ref, command.Pick, by}, Call: call, Output: answered{}, Return: back}
	}
	require.True(t, porcupine.CheckOperations(ownership(), []porcupine.Operation{pick("ann", 0, 2)}))
	require.False(t, porcupine.CheckOperations(ownership(), []porcupine.Operation{pick("ann", 0, 2), pick("ben", 1, 3)}))
}

// does gives the command, or looks who has the conversation.
func does(d *postgrestest.Office, t *testing.T, in asked, command command.Request) (answered, error) {
	if in.kind == "" {
		c, err := d.Conversation(t.Context(), postgrestest.Everything, in.conversation.Conversation)
		return answered{agent: c.AgentID}, err
	}
	got, err := d.Act(t.Context(), command)
	if errors.Is(err, conversation.ErrNotFound) {
		return answered{refused: postgrestest.Unseen}, nil
	}
	return answered{refused: got.Refused}, err
}
