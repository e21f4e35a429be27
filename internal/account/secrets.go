package account

import "wxdesk/internal/secret"

// Secrets are what an administrator gives once and nobody gets back. In an update an empty one means unchanged.
type Secrets struct {
	AppSecret      secret.Value
	Token          secret.Value
	EncodingAESKey secret.Value // empty for plain mode
}
