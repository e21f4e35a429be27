// Package phone is what a customer holds: the page with the phone, what a customer can do with it, and the screen.
//
// Whatever a customer does is an Act. It is translated into WeChat's words here, with the media it needs, and handed to the courier, which
// writes it down and tells the account. The screen shows both sides, in order.
package phone
