package catalog

// Column is a column of the table that shows a list: what it is called, and the
// path of its values within an item. A column that holds an id is called as the
// argument of the next call is.
type Column struct {
	Name string
	Path string // with | between paths of which the first that has a value counts
	// Show returns what the column shows of the value, which is not nil; nil shows
	// the value itself.
	Show func(value any) any
	// Count is the name under which the items are counted by the column's values; ""
	// where they are not.
	Count string
}

// These columns of a thing with states show what its results show: what is pending,
// PART=STATUS of a part that is under review included, and the parts that were
// refused.
const (
	PendingColumn = "pending"
	RefusedColumn = "refused"
)

// activityColumns are the columns of every list of activities.
var activityColumns = []Column{{Name: "created", Path: "created"}, {Name: "type", Path: "type"}, {Name: "author", Path: "author"}, {Name: "comment", Path: "comment"}}

// templateColumns are those of WhatsApp templates, besides the name.
var templateColumns = []Column{
	{Name: "languageCode", Path: "language", Count: "language"},
	{Name: "category", Path: "category"},
	{Name: "state", Path: "state", Count: "state"},
	{Name: PendingColumn, Path: "changes.status"},
	{Name: "qualityScore", Path: "qualityScore", Show: unlessUnknown},
	{Name: "rejectionCode", Path: "rejectionCode"},
	{Name: "isMetaGenerated", Path: "isMetaGenerated", Show: onlyTrue}, // which can't be updated
}

// columns has the columns of each list by its tool.
var columns = map[string][]Column{
	"webhook_list": {
		{Name: "webhookId", Path: "id"},
		{Name: "target", Path: "target"},
		{Name: "triggers", Path: "triggers", Show: triggersByThing},
	},
	"whatsapp_account_activity_list": activityColumns,
	"whatsapp_sender_list": {
		{Name: "senderId", Path: "id"},
		{Name: "name", Path: "details.displayName|changes.details.displayName"},
		{Name: "countryCode", Path: "countryCode"},
		{Name: "phoneNumber", Path: "phoneNumber"},
		{Name: "state", Path: "state", Count: "state"},
		{Name: PendingColumn, Path: "changes.status"},
		{Name: RefusedColumn, Path: "metadata.displayName.status|metadata.username.status|conversationApiAppDetails.channelStatus"},
		{Name: "errorCode", Path: "changes.errorCode"},
		{Name: "qualityRating", Path: "qualityRating", Show: unlessUnknown},
		{Name: "conversationAppId", Path: "conversationApiAppDetails.id"},
	},
	"whatsapp_sender_activity_list":   activityColumns,
	"whatsapp_template_list":          append([]Column{{Name: "templateName", Path: "name", Count: "name"}}, templateColumns...),
	"whatsapp_template_language_list": templateColumns, // the name is the caller's
	"whatsapp_template_activity_list": activityColumns,
	"whatsapp_flow_list": {
		{Name: "flowId", Path: "id"},
		{Name: "name", Path: "name"},
		{Name: "state", Path: "status", Count: "state"},
	},
	"whatsapp_flow_screen_list": {{Name: "navigateScreen", Path: "id"}},
	"whatsapp_solution_list": {
		{Name: "solutionId", Path: "id"},
		{Name: "name", Path: "details.name"},
		{Name: "assigned", Path: "assigned"},
		{Name: "ownerApp", Path: "ownerApp.name"},
		{Name: "partnerApp", Path: "partnerApp.name"},
		{Name: "partnerAppId", Path: "partnerApp.id"},
	},
	"rcs_sender_list": {
		{Name: "senderId", Path: "id"},
		{Name: "name", Path: "details.brand.name"},
		{Name: "state", Path: "state", Count: "state"},
		{Name: "operators", Path: "countryStatus", Show: operatorsByStatus},
		{Name: "countries", Path: "details.countries", Show: commaSeparated},
		{Name: "testNumbers", Path: "testNumberStates", Show: testNumbersByState},
		{Name: "brandRegistration", Path: "brandDetails.registration.status"},
		{Name: "useCase", Path: "useCase"},
		{Name: "region", Path: "region"},
		{Name: "modified", Path: "modified"},
		{Name: "launched", Path: "launched"},
		{Name: "conversationAppId", Path: "conversationApiAppDetails.id"},
	},
	"rcs_sender_activity_list":  activityColumns,
	"rcs_account_activity_list": activityColumns,
	"kakaotalk_sender_category_list": {
		{Name: "topLevelCategoryCode", Path: "code"},
		{Name: "name", Path: "name"},
		{Name: "midLevelCategoryCode: subLevelCategoryCode", Path: "subcategories", Show: lowerCategories},
	},
	"kakaotalk_template_category_list": {
		{Name: "name", Path: "name"},
		{Name: "nameEnglish", Path: "nameEnglish"},
		{Name: "categoryCode", Path: "subcategories", Show: templateCategories},
	},
	"kakaotalk_sender_list": {
		{Name: "plusFriendId", Path: "plusFriendId"},
		{Name: "name", Path: "details.name|changes.details.name"},
		{Name: "state", Path: "state", Count: "state"},
		{Name: PendingColumn, Path: "changes.status"},
		{Name: "adminPhoneNo", Path: "details.adminPhoneNo|changes.details.adminPhoneNo"},
	},
	"kakaotalk_sender_activity_list": activityColumns,
	"kakaotalk_template_list": {
		{Name: "templateCode", Path: "code"},
		{Name: "name", Path: "details.name|changes.details.name"},
		{Name: "language", Path: "details.language|changes.details.language", Count: "language"},
		{Name: "categoryCode", Path: "details.categoryCode|changes.details.categoryCode"},
		{Name: "state", Path: "state", Count: "state"},
		{Name: PendingColumn, Path: "changes.status"},
	},
	"kakaotalk_template_activity_list": activityColumns,
	"sms_app_list": {
		{Name: "smsAppId", Path: "id"},
		{Name: "name", Path: "name"},
		{Name: "state", Path: "status", Count: "state"},
		{Name: "regions", Path: "regions", Show: commaSeparated},
		{Name: "test", Path: "test"},
		{Name: "conversationAppId", Path: "conversationApiAppDetails.id"},
		{Name: "channelStatus", Path: "conversationApiAppDetails.channelStatus"},
	},
	"bundle_list": { // the ids of its apps are in bundle_get: here they would be most of the list
		{Name: "bundleId", Path: "id"},
		{Name: "name", Path: "name"},
		{Name: "state", Path: "state", Count: "state"},
		{Name: "region", Path: "region"},
		{Name: "smsAppStatus", Path: "smsApp.status"},
		{Name: "smsChannelStatus", Path: "convApp.smsChannelStatus"},
		{Name: "subprojectId", Path: "subproject.id"},
	},
	"whatsapp_waba_list": {
		{Name: "wabaId", Path: "id"},
		{Name: "phoneNumberId", Path: "numbers", Show: wabaNumbers},
	},
}

// answers has what the result of each write shows, by its tool.
var answers = map[string]struct {
	done string
	keep []string
}{
	"webhook_create":                         {done: "created"},
	"webhook_update":                         {done: "updated"},
	"webhook_replace":                        {done: "replaced"},
	"webhook_delete":                         {done: "deleted"},
	"whatsapp_account_create":                {done: "created"},
	"whatsapp_account_update":                {done: "updated and submitted again"},
	"whatsapp_account_delete":                {done: "deleted"},
	"whatsapp_account_comment_add":           {done: "comment added"},
	"whatsapp_sender_create":                 {done: "created", keep: []string{"countryCode", "phoneNumber", "changes.errorCode", "changes.errorReason"}},
	"whatsapp_sender_update":                 {done: "updated", keep: []string{"changes.errorCode", "changes.errorReason"}},
	"whatsapp_sender_register":               {done: "code requested", keep: []string{"verificationCodeSent"}},
	"whatsapp_sender_verify":                 {done: "verified"},
	"whatsapp_sender_changes_discard":        {done: "changes discarded"},
	"whatsapp_sender_delete":                 {done: "marked for removal"},
	"whatsapp_sender_comment_add":            {done: "comment added"},
	"whatsapp_template_create":               {done: "created", keep: []string{"rejectionCode"}},
	"whatsapp_template_update":               {done: "updated", keep: []string{"rejectionCode"}},
	"whatsapp_template_delete":               {done: "deleted"},
	"whatsapp_template_delete_all_languages": {done: "deleted in all languages"},
	"whatsapp_template_sync":                 {done: "sync started"},
	"whatsapp_template_analytics_enable":     {done: "analytics enabled"},
	"whatsapp_template_comment_add":          {done: "comment added"},
	"whatsapp_solution_create":               {done: "created", keep: []string{"solutions.id", "solutions.details.name", "failedSolutions"}},
	"whatsapp_solution_assign":               {done: "assigned"},
	"rcs_sender_create":                      {done: "created"},
	"rcs_sender_update":                      {done: "updated"},
	"rcs_sender_launch":                      {done: "launch submitted"},
	"rcs_test_number_add":                    {done: "invited", keep: []string{"testNumbers.number", "testNumbers.state"}},
	"rcs_test_number_reinvite":               {done: "invited again"},
	"rcs_test_number_delete":                 {done: "deleted"},
	"rcs_sender_comment_add":                 {done: "comment added"},
	"rcs_account_comment_add":                {done: "comment added"},
	"kakaotalk_sender_create":                {done: "created"},
	"kakaotalk_sender_update":                {done: "updated"},
	"kakaotalk_sender_register":              {done: "code requested"},
	"kakaotalk_sender_verify":                {done: "verified"},
	"kakaotalk_sender_changes_discard":       {done: "changes discarded"},
	"kakaotalk_sender_delete":                {done: "marked for removal"},
	"kakaotalk_sender_comment_add":           {done: "comment added"},
	"kakaotalk_template_create":              {done: "created"},
	"kakaotalk_template_update":              {done: "updated"},
	"kakaotalk_template_changes_discard":     {done: "draft discarded"},
	"kakaotalk_template_delete":              {done: "deleted"},
	"kakaotalk_template_comment_add":         {done: "comment added"},
	"sms_app_create":                         {done: "created"},
	"sms_app_update":                         {done: "renamed"},
	"sms_app_delete":                         {done: "deleted"},
	"bundle_create":                          {done: "creation started", keep: []string{"webhooks.id", "webhooks.target", "convApp.webhooks.id", "convApp.webhooks.target"}},
	"whatsapp_access_token_create":           {done: "token created", keep: []string{"longLivedAccessToken"}},
}
