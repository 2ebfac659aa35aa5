package sandbox

import "time"

// How long things take in the sandbox, in the API's time. Times that the contract
// gives (30 days, 4 weeks) are as it gives them; the others are short.
var (
	accountReview        = 2 * time.Minute  // from create or update to ONBOARDED or REJECTED
	accountVerification  = 10 * time.Minute // from PENDING_FACEBOOK_VERIFICATION to ONBOARDED
	senderProvisioning   = time.Minute      // from submit to PENDING_VERIFICATION
	senderActivation     = 30 * time.Second // from the correct code to ACTIVE
	senderUpdate         = time.Minute      // from submit to the end of its review
	displayNameReview    = 5 * time.Minute  // from submit to APPROVED or REJECTED
	usernameReview       = time.Minute      // from submit to APPROVED
	senderQuality        = 24 * time.Hour   // from ACTIVE to the first quality rating
	accountLimitRaise    = 7 * day          // from the first ACTIVE sender to the next daily limit
	senderRemoval        = 30 * day         // from delete to the removal (contract)
	codeTTL              = 10 * time.Minute // of a one-time code
	codeBlock            = time.Hour        // of a sender after too many wrong codes
	registerWindow       = time.Hour        // in which maxRegisters calls are allowed
	templateSubmission   = 30 * time.Second // from submit to PENDING
	templateReview       = 2 * time.Minute  // from PENDING to APPROVED or REJECTED
	templatePause        = time.Hour        // from APPROVED to PAUSED or DISABLED, where the name asks for it
	templateUnpause      = 3 * time.Hour    // from PAUSED to APPROVED again
	templateQuality      = 24 * time.Hour   // from APPROVED to the first quality score
	templateLock         = time.Minute      // of a template whose name contains locked, after a write
	templateNameLock     = 30 * day         // of a deleted name (contract)
	templateLanguageLock = 28 * day         // of a deleted language (contract)
	templateSync         = 30 * time.Second // of a sync
	rcsSetup             = time.Minute      // from a brand to IN_TEST
	rcsInvitation        = 2 * time.Minute  // from an invitation to VERIFIED or DECLINED
	rcsInvitationTTL     = day              // from an unanswered invitation to EXPIRED
	rcsBrand             = 5 * time.Minute  // from launch to a registered brand, in the US
	rcsPreparation       = 5 * time.Minute  // from launch to LAUNCHING, without a video
	rcsOperators         = 10 * time.Minute // from LAUNCHING to the first operator's decision
	rcsOperatorStep      = time.Minute      // from one operator's decision to the next
	smsProvisioning      = time.Minute      // from create to ACTIVE
	bundleTime           = 30 * time.Second // from create to DONE
	kakaoAccount         = 30 * time.Second // from the first sender to an account
	kakaoReview          = 2 * time.Minute  // from submit to INACTIVE, APPROVED or REJECTED
	kakaoRemoval         = 60 * day         // from delete to the removal (contract)
	syncWindow           = time.Hour        // in which maxSyncs calls are allowed
)

const (
	day = 24 * time.Hour

	maxRegisters  = 5 // in registerWindow
	maxWrongCodes = 5
	maxSyncs      = 5 // in syncWindow
)
