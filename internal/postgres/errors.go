package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"wxdesk/internal/conversation"
)

// SQLError is what Postgres said, reduced to what may be shown: its message and detail quote values of rows.
type SQLError struct {
	Code       string // SQLSTATE
	Constraint string // "" if none is concerned
}

// Error implements error.
func (r *SQLError) Error() string {
	name := pqerror.Code(r.Code).Name()
	if r.Constraint == "" {
		return fmt.Sprintf("postgres refused: %s (SQLSTATE %s)", name, r.Code)
	}
	return fmt.Sprintf("postgres refused: %s of %s (SQLSTATE %s)", name, r.Constraint, r.Code)
}

// Explain adds what was attempted and translates: no rows, and what Postgres refused, become errors of the domain where
// they have a meaning there; a lost connection is ErrLater, and so is a statement that Postgres broke off though the caller still
// waits. An error after the end of the context is also the context's.
func Explain(ctx context.Context, act string, err error) error {
	if err == nil {
		return nil
	}
	refused := pq.As(err)
	if refused != nil {
		err = meaning(refused)
	}
	switch {
	case refused != nil && refused.Code == pqerror.QueryCanceled && ctx.Err() == nil: // its time is over; see servingLimits
		err = fmt.Errorf("%w: %w", conversation.ErrLater, err)
	case errors.Is(err, sql.ErrNoRows):
		err = conversation.ErrNotFound
	case lostConnection(err):
		err = fmt.Errorf("%w: %w", conversation.ErrLater, err)
	}
	if ended := ctx.Err(); ended != nil && !errors.Is(err, ended) {
		err = fmt.Errorf("%w: %w", ended, err)
	}
	return fmt.Errorf("%s: %w", act, err)
}

// lostConnection reports whether Postgres did not answer, or not to the end.
func lostConnection(err error) bool {
	if _, network := errors.AsType[net.Error](err); network {
		return true
	}
	return slices.ContainsFunc([]error{driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone, io.EOF, io.ErrUnexpectedEOF},
		func(lost error) bool { return errors.Is(err, lost) })
}

// onlyOne are the constraints by which there is at most one of something that people make.
var onlyOne = []string{
	"accounts_one_per_app", "faq_entries_once", "queues_one_name", "skills_tenant_name_key", "capacity_profiles_tenant_name_key", "custom_presences_tenant_name_key",
	"rulesets_one_name", "rulesets_one_route", "rulesets_one_per_queue", "users_one_name", "users_one_agent",
}

func meaning(refused *pq.Error) error {
	switch {
	case refused.Code == pqerror.UniqueViolation && slices.Contains(onlyOne, refused.Constraint):
		return conversation.ErrExists
	case refused.Code == pqerror.ForeignKeyViolation:
		return conversation.ErrNotFound // what a row points to does not exist, or is another tenant's
	case refused.Code == pqerror.LockNotAvailable:
		return fmt.Errorf("%w: %w", conversation.ErrBusy, &SQLError{Code: string(refused.Code)})
	case refused.Code == pqerror.InvalidTextRepresentation, refused.Code == pqerror.CharacterNotInRepertoire:
		return conversation.ErrNotFound // an id that is no UUID names nothing
	}
	return &SQLError{Code: string(refused.Code), Constraint: refused.Constraint}
}

// SQLState is Postgres's code for it, by which activities tell what passes from what does not.
func (r *SQLError) SQLState() string { return r.Code }
