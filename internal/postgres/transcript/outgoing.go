package transcript

import (
	"errors"
	"time"

	"wxdesk/internal/delivery"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/secret"
)

// keyPatience is how long a message waits for a master key that is not on the ring: a rollout may be under way.
const keyPatience = 10 * time.Minute

// outgoing opens what sending needs. readable is false if it cannot be opened; a master key that is not on the ring is an
// error while it may still come.
func (db *DB) outgoing(d *deliveryRow) (out delivery.Outgoing, readable bool, err error) {
	out, err = db.openOutgoing(d)
	if errors.Is(err, secret.ErrUnavailable) {
		if errors.Is(err, secret.ErrUnknownKey) && d.UnchangedMS < keyPatience.Milliseconds() {
			return out, false, err
		}
		return out, false, nil
	}
	return out, err == nil, err
}

func (db *DB) openOutgoing(d *deliveryRow) (out delivery.Outgoing, err error) {
	seal, err := sealing.OpenCustomer(db.ring, d.ref.Tenant, string(d.Customer.ID), d.Customer.DataKey)
	if err != nil {
		return out, err
	}
	if out.OpenID, err = seal.OpenOpenID(d.Customer.OpenID); err != nil {
		return out, err
	}
	said, err := seal.OpenBody(string(d.ID), d.Body)
	if err != nil {
		return out, err
	}
	out.Text = said.Text
	out.From, err = db.accounts.CredentialsOf(d.ref.Tenant, d.Conversing.AccountID, d.Account.AppID, d.Account.AppSecret)
	return out, err
}
