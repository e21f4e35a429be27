package delivery

import (
	"errors"

	"wxdesk/internal/simulator/envelope"
	"wxdesk/internal/simulator/state"
)

// expectation is what an account's answer to one callback must fit.
type expectation struct {
	mode       state.Mode
	token      string
	key        string // the EncodingAESKey the callback was encrypted with; the answer must use it too
	appID      string
	originalID string
	openID     string
	message    bool // the callback was a customer's message, not an event
	textLimit  int  // bytes

	media mediaLookup
}

// judge reads the body of a 200. The exact word success, or nothing at all, is an acknowledgement: nil and no error. Anything
// that is neither that nor a correct reply is an error, and the customer sees the fault notice (wechat-protocol 4.2). Errors say
// what is wrong and hold nothing that was said.
func (e expectation) judge(body []byte) (*reply, error) {
	if len(body) == 0 || string(body) == "success" {
		return nil, nil
	}
	root, err := envelope.Parse(body)
	if err != nil {
		return nil, err
	}
	root, err = e.open(root)
	if err != nil {
		return nil, err
	}
	return e.judgeReply(root)
}

// judgeReply judges what all kinds of replies have in common, and then what is particular to the kind.
func (e expectation) judgeReply(root envelope.Node) (*reply, error) {
	if err := e.checkNames(root); err != nil {
		return nil, err
	}
	created, err := root.Need("CreateTime")
	if err != nil {
		return nil, err
	}
	if !secondsShape.MatchString(created) {
		return nil, errors.New("CreateTime is not in seconds")
	}
	kind, err := root.Need("MsgType")
	if err != nil {
		return nil, err
	}
	return e.judgeKind(kind, root)
}

func (e expectation) checkNames(root envelope.Node) error {
	to, err := root.Need("ToUserName")
	if err != nil {
		return err
	}
	from, err := root.Need("FromUserName")
	if err != nil {
		return err
	}
	switch {
	case to == e.originalID && from == e.openID:
		return errors.New("ToUserName and FromUserName are not swapped")
	case to != e.openID || from != e.originalID:
		return errors.New("ToUserName or FromUserName is wrong")
	}
	return nil
}
