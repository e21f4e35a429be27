package simulator

// What the tests of the cipher and the tests' own account server need.
var (
	Sign     = sign
	Seal     = seal
	Unseal   = unseal
	ParseKey = parseKey
)

const FaultNotice = faultNotice
