package wechat_test

import (
	"fmt"

	"wxdesk/internal/wechat"
)

// The way of a callback in safe mode, with the official sample message.
func Example() {
	const token = "spamtest"
	cipher, err := wechat.NewCipher("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wx2c2769f8efd9abc2")
	if err != nil {
		fmt.Println(err)
		return
	}
	query, err := wechat.ParseQuery("timestamp=1409735669&nonce=1320562132&encrypt_type=aes" +
		"&msg_signature=5d197aaffba7e9b25a30732f161a50dee96bd5fa")
	if err != nil {
		fmt.Println(err)
		return
	}
	envelope, err := wechat.ReadEnvelope([]byte(safeV2))
	if err != nil {
		fmt.Println(err)
		return
	}
	if !wechat.VerifySignature(query.MsgSignature, token, query.Timestamp, query.Nonce, string(envelope.Encrypt)) {
		fmt.Println("not from WeChat")
		return
	}
	plain, err := cipher.Open(envelope.Encrypt)
	if err != nil {
		fmt.Println(err)
		return
	}
	message, err := wechat.ReadInbound(plain)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(message.Kind(), message.Text(), message.Concern())
	// Output: text abcdteT conversation
}
