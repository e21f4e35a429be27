package transcript

import (
	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/sealing"
)

// sealTexts gives texts to the customer their ids, and seals them.
func sealTexts(seal sealing.Customer, texts []string) ([]conversation.MessageID, pq.ByteaArray, error) {
	ids, bodies := make([]conversation.MessageID, len(texts)), make(pq.ByteaArray, len(texts))
	for i, text := range texts {
		ids[i] = conversation.MessageID(postgres.NewID())
		var err error
		if bodies[i], err = seal.SealBody(string(ids[i]), sealing.Body{Text: text}); err != nil {
			return nil, nil, err
		}
	}
	return ids, bodies, nil
}
