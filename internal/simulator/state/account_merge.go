package state

import (
	"cmp"

	"wxdesk/internal/simulator/random"
)

// Merge takes from in what is given there and leaves the rest. A new EncodingAESKey makes the present one the previous one.
func (a Account) Merge(in Account) Account {
	rotated := in.EncodingAESKey != "" && in.EncodingAESKey != a.EncodingAESKey
	if rotated && (in.PreviousAESKey == "" || in.PreviousAESKey == a.PreviousAESKey) {
		in.PreviousAESKey = a.EncodingAESKey
	}
	in = in.filledFrom(a)
	if in.AllowedIPs == nil {
		in.AllowedIPs = a.AllowedIPs
	}
	if in.Templates == nil {
		in.Templates = a.Templates
	}
	return in
}

// filledFrom returns the account with the texts of another one if its own are empty.
func (a Account) filledFrom(other Account) Account {
	a.AppID = cmp.Or(a.AppID, other.AppID)
	a.AppSecret = cmp.Or(a.AppSecret, other.AppSecret)
	a.OriginalID = cmp.Or(a.OriginalID, other.OriginalID)
	a.Name = cmp.Or(a.Name, other.Name)
	a.Token = cmp.Or(a.Token, other.Token)
	a.EncodingAESKey = cmp.Or(a.EncodingAESKey, other.EncodingAESKey)
	a.PreviousAESKey = cmp.Or(a.PreviousAESKey, other.PreviousAESKey)
	a.Mode = cmp.Or(a.Mode, other.Mode)
	a.Kind = cmp.Or(a.Kind, other.Kind)
	a.CallbackURL = cmp.Or(a.CallbackURL, other.CallbackURL)
	return a
}

// Complete fills what an account cannot be without, as WeChat's console would.
func (a Account) Complete() Account {
	mode := ModeSafe
	if a.Kind == KindSandbox {
		mode = ModePlain // its console has no field for a key
	}
	return a.filledFrom(Account{
		AppID:          "wx" + random.Text(16, random.HexDigits),
		AppSecret:      random.Text(32, random.HexDigits),
		OriginalID:     "gh_" + random.Text(12, random.HexDigits),
		Token:          random.Text(24, random.Alphanumeric),
		EncodingAESKey: random.Text(43, random.Alphanumeric),
		Mode:           mode,
		Kind:           KindService,
	})
}
