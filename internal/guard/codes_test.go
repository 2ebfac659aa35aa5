package guard

import "papi-mcp/internal/errorcode"

// The codes of confirmations, in short: many tests name them.
const (
	codeRequired    = errorcode.ConfirmationRequired
	codeInvalid     = errorcode.ConfirmationInvalid
	codeDeclined    = errorcode.ConfirmationDeclined
	codeTimeout     = errorcode.ConfirmationTimeout
	codeUnavailable = errorcode.ConfirmationUnavailable
)
