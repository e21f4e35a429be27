// Package platform is WeChat's HTTP API under /cgi-bin/, as far as a contact centre calls it: access tokens, custom and template messages,
// media, menus, QR codes, users.
//
// endpoint.go is the table of calls. Each is checked in the order of wechat-protocol section 12: the access token, whether the account may
// make the call, quotas, method and body; then the call's own file judges what was sent. A refusal is HTTP 200 with errcode and errmsg, as
// WeChat answers. If WeChat's behaviour is not known the stricter reading counts; docs/simulator.md lists what is left out.
package platform
