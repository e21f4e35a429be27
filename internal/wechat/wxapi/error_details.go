package wxapi

import (
	"net/netip"

	"wxdesk/internal/wechat"
)

// ErrCode is what WeChat said; 0 if it said nothing readable.
func (e *Error) ErrCode() wechat.ErrCode { return e.Code }

// RefusedAddress is our address, where WeChat names it because it is not on the account's list; otherwise the zero Addr.
func (e *Error) RefusedAddress() netip.Addr { return e.Address }
