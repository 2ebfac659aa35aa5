package errorcode

// The codes. A code never changes its meaning, and never goes away.
const (
	// HTTP, before a request reaches a tool.
	Unauthorized      = "unauthorized"
	InsufficientScope = "insufficient_scope" // RFC 6750, 3.1
	ClaimMissing      = "claim_missing"
	ProjectNotGranted = "project_not_allowed"
	TenantUnknown     = "tenant_unknown"
	IssuerUnavailable = "issuer_unavailable"

	// Arguments, the project among them.
	InvalidArguments  = "invalid_arguments"
	UnknownTool       = "unknown_tool"
	PlanInvalid       = "plan_invalid"
	ProjectMissing    = "guard_project_missing"
	ProjectNotAllowed = "guard_project_not_allowed"

	// The guard, besides its rules.
	ReadOnly         = "guard_read_only"
	ReadFailed       = "guard_read_failed"
	StoreUnavailable = "guard_store_unavailable"

	// Confirmations, of the project and of calls.
	ProjectUnconfirmed      = "guard_project_unconfirmed"
	ConfirmationRequired    = "confirmation_required"
	ConfirmationInvalid     = "confirmation_invalid"
	ConfirmationDeclined    = "confirmation_declined"
	ConfirmationTimeout     = "confirmation_timeout"
	ConfirmationUnavailable = "confirmation_unavailable"

	// Plans.
	PlanChanged  = "plan_changed"
	PlanExpired  = "plan_expired"
	PlanTooLarge = "plan_too_large"

	// The audit log.
	AuditUnavailable = "guard_audit_unavailable"

	// The client of the API.
	CredentialsMissing = "credentials_missing"
	TokenRejected      = "token_rejected"
	Unreachable        = "unreachable"
	Timeout            = "timeout"
	Cancelled          = "cancelled"
	OutcomeUnknown     = "outcome_unknown"
	UnexpectedAnswer   = "unexpected_answer"
	InvalidPath        = "invalid_path"
	InvalidBody        = "invalid_body"
	NothingCreated     = "nothing_created"

	// The server itself.
	TooManyWaits          = "too_many_waits"
	ConfigurationUnfilled = "configuration_unfilled"
	InternalError         = "internal_error"
)

// ThenDoctor ends what to do about errors that papi-mcp doctor explains further.
// The doctor itself leaves it out.
const ThenDoctor = ", then run: papi-mcp doctor"

var table = []Entry{
	{
		Unauthorized, HTTP,
		"The request has no API key or access token, or one that is not valid here (401).",
		"send Authorization: Bearer with an API key that the server knows, or get a new access token as WWW-Authenticate says",
		No, Credentials,
	},
	{
		InsufficientScope, HTTP,
		"The access token has no scope that grants anything here (403).",
		"get an access token with one of the scopes that WWW-Authenticate names",
		No, Credentials,
	},
	{
		ClaimMissing, HTTP,
		"The access token lacks the claim that says which projects or tenant its bearer may use (403).",
		"ask the operator of the authorization server to add the claim that the message names",
		No, Credentials,
	},
	{
		ProjectNotGranted, HTTP,
		"The caller may not use the project of its credentials, or none of its projects belongs to its tenant (403).",
		"use credentials of an allowed project, or ask the server's operator to allow it",
		No, Credentials,
	},
	{
		TenantUnknown, HTTP,
		"The tenant that the caller works for is not configured (403).",
		"ask the server's operator to configure the tenant",
		No, Credentials,
	},
	{
		IssuerUnavailable, HTTP,
		"The authorization server can't be reached, so no access token can be checked (503).",
		"send the same request again in a few seconds",
		Yes, TryAgain,
	},

	{
		InvalidArguments, Argument,
		"The arguments do not fit the API's contract; nothing was sent.",
		"fix all of additionalInformation.violations and call again; nothing was sent",
		No, Failed,
	},
	{
		UnknownTool, Argument,
		"The server offers no tool with this name.",
		"call a tool of the list; --toolsets, --tools, --read-only and --deprecated decide which are offered",
		No, Usage,
	},
	{
		PlanInvalid, Argument,
		"The file or document that says what a project should contain is not valid.",
		"fix all of additionalInformation.violations, each with its line and column; papi-mcp validate FILE lists the same",
		No, Failed,
	},
	{
		ProjectMissing, Argument,
		"The call names no project, and no default project is configured.",
		"give projectId (ask the person which project; the Sinch Dashboard shows its id), or set SINCH_PROJECT_ID for the server",
		No, Failed,
	},
	{
		ProjectNotAllowed, Argument,
		"The project is not in the allowlist of this server.",
		"use an allowed project, or ask the server's operator to add it to SINCH_PROJECT_ID: also the subproject of a bundle, after a restart with --store memory",
		No, Failed,
	},

	{
		ReadOnly, Guard,
		"The server was started with --read-only, and the tool would change something.",
		"ask the server's operator to start it without --read-only",
		No, Failed,
	},
	{
		ReadFailed, Guard,
		"A change that can't be undone needs a read before it, and that read failed.",
		"call again when the read works; nothing was sent",
		Yes, TryAgain,
	},
	{
		StoreUnavailable, Guard,
		"The store of confirmations and registrations can't be read or written.",
		"check the server's --store; nothing was sent",
		Yes, TryAgain,
	},

	{
		ProjectUnconfirmed, Confirmation,
		"The first write to a project needs its confirmation, and none is valid any more.",
		"ask the person whether this is the project to work in, then call project_confirm with its id and repeat the call",
		No, PersonNeeded,
	},
	{
		ConfirmationRequired, Confirmation,
		"A person must confirm this call, and the client can't ask one.",
		"show confirmation.summary to the person; if they agree, repeat the same call with confirm: confirmation.token",
		No, PersonNeeded,
	},
	{
		ConfirmationInvalid, Confirmation,
		"The confirmation token, or the person's answer, is not valid for this call: additionalInformation.reason says why.",
		"show the new confirmation.summary to the person; if they agree, repeat the call with confirm: its token",
		No, PersonNeeded,
	},
	{
		ConfirmationDeclined, Confirmation,
		"The person was asked and did not agree.",
		"do not repeat the call unless the person asks for it",
		No, Failed,
	},
	{
		ConfirmationTimeout, Confirmation,
		"The person was asked and did not answer in time.",
		"ask the person whether to continue, and repeat the call when they are available",
		Yes, PersonNeeded,
	},
	{
		ConfirmationUnavailable, Confirmation,
		"A person must confirm this call, the client can't ask one, and --confirm human accepts no token.",
		"use a client that supports elicitation, or ask the server's operator to start it with --confirm auto",
		No, PersonNeeded,
	},
	{
		PlanChanged, Confirmation,
		"What the plan was made for has changed in the project since, or another plan than the approved one was made; the call in question was not sent.",
		"plan again, look at what differs, and apply the new plan",
		No, Failed,
	},
	{
		PlanExpired, Confirmation,
		"The document, the plan or its approval is no longer kept: each is kept for 24 hours.",
		"export or plan again",
		No, Failed,
	},
	{
		PlanTooLarge, Confirmation,
		"The plan has more operations that a person must confirm than fit in a question.",
		"split the plan: --only, or only of project_plan, takes kinds and keys",
		No, Failed,
	},

	{
		AuditUnavailable, Audit,
		"The audit log can't be written, so nothing was sent.",
		"ask the server's operator to check --audit, then make the call again; its confirmation may already be used up",
		Yes, TryAgain,
	},

	{
		CredentialsMissing, Client,
		"There are no credentials for the API; over HTTP, the request did not supply them (400).",
		"set SINCH_KEY_ID and SINCH_KEY_SECRET (or SINCH_ACCESS_TOKEN)" + ThenDoctor,
		No, Credentials,
	},
	{
		TokenRejected, Client,
		"The token endpoint refused the credentials.",
		"check SINCH_KEY_ID and SINCH_KEY_SECRET" + ThenDoctor,
		No, Credentials,
	},
	{
		Unreachable, Client,
		"The API, or the token endpoint, could not be reached: DNS, the connection, a proxy or TLS.",
		"follow the resolution, which depends on the cause" + ThenDoctor,
		After, TryAgain,
	},
	{
		Timeout, Client,
		"The deadline of the call passed before the API answered; nothing was changed.",
		"try again",
		Yes, TimedOut,
	},
	{
		Cancelled, Client,
		"The caller ended the call before the API answered; nothing was changed.",
		"make the call again if it is still needed",
		Yes, Failed,
	},
	{
		OutcomeUnknown, Client,
		"The call was sent, and whether it took effect is not known.",
		"check before you repeat it; if that leaves it open, ask the person",
		No, Failed,
	},
	{
		UnexpectedAnswer, Client,
		"The answer is not one that the contract describes: not JSON, too large, a redirect, or from another server.",
		"check PAPI_BASE_URL and any proxy between here and the API" + ThenDoctor,
		No, Failed,
	},
	{
		InvalidPath, Client,
		"An id can't be part of a URL: it is empty, too long, or holds a slash or a control character.",
		"give the id exactly as the API returned it",
		No, Failed,
	},
	{
		InvalidBody, Client,
		"The body of the request can't be written as JSON.",
		"fix the arguments: numbers must be finite, and texts valid UTF-8",
		No, Failed,
	},
	{
		NothingCreated, Client,
		"The API accepted the request, and created none of the solutions.",
		"fix what additionalInformation.failedSolutions reports, and call again with a fresh accessToken",
		No, Failed,
	},

	{
		TooManyWaits, Server,
		"Too many calls of wait are open, of this caller or of all.",
		"wait for several things in one call, or call again when another wait has ended",
		Yes, TryAgain,
	},
	{
		ConfigurationUnfilled, Server,
		"A setting, or a header of the request, still holds a placeholder.",
		`ask the person to put the value into the configuration of the client that starts this server (often its "env"), and to start it again` + ThenDoctor,
		No, Usage,
	},
	{
		InternalError, Server,
		"The server failed while processing the call.",
		"A read may simply be repeated. After a call that changes something, read the current state first: the change may have been made. The server's log has the details.",
		Reads, Failed,
	},
}
