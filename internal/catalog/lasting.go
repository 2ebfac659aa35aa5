package catalog

import (
	"fmt"
	"time"
)

const (
	minute = time.Minute
	hour   = time.Hour
	day    = 24 * time.Hour
)

// How long things wait for others. The contract states no usual time for any of
// these states.
var (
	whatsappAccountLasts = map[string]Lasting{
		"changes.status=IN_PROGRESS":                   {First: 5 * minute, Overdue: 3 * day},
		"PENDING_FACEBOOK_VERIFICATION":                {First: day, Overdue: 14 * day, Ask: "Meta, in Meta Business Manager, then Sinch support"},
		"changes.status=PENDING_FACEBOOK_VERIFICATION": {First: day, Overdue: 14 * day, Ask: "Meta, in Meta Business Manager, then Sinch support"},
	}
	whatsappSenderLasts = map[string]Lasting{
		"IN_PROGRESS":                {First: minute, Overdue: day},
		"changes.status=IN_PROGRESS": {First: minute, Overdue: day},
		"displayName=PENDING":        {First: 10 * minute, Overdue: 3 * day},
		"displayName=DEFERRED":       {First: hour, Overdue: 7 * day},
		"username=PENDING":           {First: 10 * minute, Overdue: 3 * day},
		"username=DEFERRED":          {First: hour, Overdue: 7 * day},
		"channelStatus=PENDING":      {First: minute, Overdue: day},
	}
	whatsappTemplateLasts = map[string]Lasting{
		"PENDING":                    {First: 5 * minute, Overdue: 2 * day},
		"changes.status=IN_PROGRESS": {First: minute, Overdue: day},
	}
	rcsSenderLasts = map[string]Lasting{
		"IN_PROGRESS":                              {First: minute, Overdue: day},
		"PREPARING_LAUNCH":                         {First: day, Overdue: 14 * day},
		"LAUNCHING":                                {First: day, Overdue: 42 * day},
		"channelStatus=PENDING":                    {First: minute, Overdue: day},
		"brandDetails.registration=NEW":            {First: day, Overdue: 14 * day},
		"brandDetails.registration=PENDING":        {First: day, Overdue: 14 * day},
		"brandDetails.registration=PENDING_REVIEW": {First: day, Overdue: 14 * day},
		"brandDetails.registration=MANUAL_REVIEW":  {First: day, Overdue: 14 * day},
	}
	rcsTestNumberLasts = map[string]Lasting{
		"PENDING":    {First: minute, Overdue: day},
		"UNVERIFIED": {First: 10 * minute, Overdue: day, Ask: "the phone's owner"},
	}
	kakaotalkLasts = map[string]Lasting{
		"changes.status=IN_PROGRESS": {First: hour, Overdue: 7 * day},
	}
	// smsAppLasts: "" stands for every status that is not listed elsewhere.
	smsAppLasts = map[string]Lasting{
		"":                      {First: minute, Overdue: day},
		"channelStatus=PENDING": {First: minute, Overdue: day},
	}
	bundleLasts = map[string]Lasting{
		"IN_PROGRESS": {First: minute, Overdue: day},
	}
)

// Asked is whom a person asks about what takes too long.
func (l Lasting) Asked() string {
	if l.Ask != "" {
		return l.Ask
	}
	return "Sinch support"
}

// OverdueAfter is Overdue in words: whole days.
func (l Lasting) OverdueAfter() string {
	if n := int(l.Overdue / day); n != 1 {
		return fmt.Sprintf("%d days", n)
	}
	return "1 day"
}
