package postgres

import (
	"github.com/lib/pq"

	"wxdesk/internal/conversation"
)

// sealTexts gives texts to the customer their ids, and seals them.
func sealTexts(seal customerSeal, texts []string) ([]conversation.MessageID, pq.ByteaArray, error) {
	ids, bodies := make([]conversation.MessageID, len(texts)), make(pq.ByteaArray, len(texts))
	for i, text := range texts {
		ids[i] = conversation.MessageID(newID())
		var err error
		if bodies[i], err = seal.sealBody(string(ids[i]), body{Text: text}); err != nil {
			return nil, nil, err
		}
	}
	return ids, bodies, nil
}
