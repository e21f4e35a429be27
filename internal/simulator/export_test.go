package simulator

// FaultNotice is what a customer sees of a failure.
const FaultNotice = faultNotice
