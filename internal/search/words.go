package search

import "strings"

// stopWords say nothing about what is searched.
var stopWords = func() map[string]bool {
	all := map[string]bool{}
	for _, word := range strings.Fields(`a about after again all already also am an and any anyone anything are as at
		be because been before being both but by can cannot cant could couldnt customer did didnt do does doesnt doing done dont
		each either else ever every for from get gets getting give go going got had has have having he hello help her here hey hi his how
		i id if ill im in into is isnt it its ive just know let lets like look make me more most much must my myself need needs no nor not now
		of off ok on one only or other our ours out over own please put really s same say see shall she should so some someone something still such
		t take tell than thank thanks that thats the their them then there these they thing things this those through to too try trying
		until up us use used using very via want wants was we well were weve what whats when where whether which while who whom whose why will wish with without wont would
		yes yet you your yours`) {
		all[stem(word)] = true
	}
	return all
}()

// questions are the words with which a question for yes or no begins.
var questions = map[string]bool{
	"is": true, "are": true, "was": true, "were": true, "has": true, "have": true, "did": true, "does": true, "do": true, "am": true,
}

// asks are the words with which a query begins that asks for several things.
var asks = map[string]bool{
	"what": true, "which": true, "show": true, "see": true, "find": true, "any": true, "how": true, "give": true, "all": true, "do": true, "display": true, "print": true,
}

// inflections have the stems of words that the stemmer separates from theirs, or
// takes for another's.
var inflections = map[string]string{
	"activity": "activity", "activities": "activity", // not of active
	"activate": "activate", "activated": "activate", "activates": "activate", "activating": "activate",
	"registration": "regist", "registrations": "regist",
	"verification": "verifi", "verifications": "verifi",
	"notification": "notifi", "notifications": "notifi",
	"subscription": "subscrib", "subscriptions": "subscrib",
	"connected": "connected", "linked": "linked", "verified": "verified", "launched": "launched", "disabled": "disabled", // which ask, where connect and the others demand
	"sent": "send", "chose": "choos", "chosen": "choos", "wrote": "write", "written": "write", "built": "build",
}
