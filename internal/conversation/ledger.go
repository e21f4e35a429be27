package conversation

import "wxdesk/internal/wechat"

// Ref names a conversation in the ledger.
type Ref struct {
	Tenant       Tenant
	Conversation ID
}

// Batch is what Receive has opened, of one customer.
type Batch struct {
	Ref
	AccountID   AccountID
	CustomerKey CustomerKey
	WorkflowID  string
	Arrivals    []Arrival
}

// AccountKeys are the opened secrets with which an account's callbacks are read.
type AccountKeys struct {
	AppID      wechat.AppID
	OriginalID wechat.OriginalID
	IDKey      []byte
	Ciphers    map[string]*wechat.Cipher // by key id
}
