package sqs

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// forms is a client of the query protocol. It calls a server, so that URLs have a host.
type forms struct {
	t      *testing.T
	server *httptest.Server
}

func newForms(t *testing.T, w *world) *forms {
	t.Helper()
	router := &awsapi.Router{}
	router.Register("sqs", w.svc)
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	return &forms{t, server}
}

// answer is what any operation may answer in XML.
type answer struct {
	XMLName   xml.Name
	QueueURL  string   `xml:"CreateQueueResult>QueueUrl"`
	QueueURLs []string `xml:"ListQueuesResult>QueueUrl"`
	Message   struct {
		Handle           string           `xml:"ReceiptHandle"`
		Attribute        []pair           `xml:"Attribute"`
		MessageAttribute []messageElement `xml:"MessageAttribute"`
	} `xml:"ReceiveMessageResult>Message"`
	Text string `xml:",innerxml"`
}

type pair struct{ Name, Value string }

type messageElement struct {
	Name  string
	Value struct{ DataType, StringValue, BinaryValue string }
}

// post posts a form to a path and wants the status.
func (f *forms) post(path string, status int, form url.Values) answer {
	f.t.Helper()
	form.Set("Version", "2012-11-05")
	req, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, f.server.URL+path,
		strings.NewReader(form.Encode()))
	if err != nil {
		f.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	req.Header.Set("Authorization",
		"AWS4-HMAC-SHA256 Credential=AKID/20311122/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0")
	return f.do(req, status)
}

func (f *forms) do(req *http.Request, status int) answer {
	f.t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	var a answer
	if err := xml.Unmarshal(body, &a); err != nil {
		f.t.Fatalf("%v in %s", err, body)
	}
	if res.StatusCode != status || res.Header.Get("Content-Type") != "text/xml" {
		f.t.Errorf("%s: %d %s, want %d", req.URL, res.StatusCode, body, status)
	}
	return a
}

// want looks for fragments of the answer's text.
func (f *forms) want(a answer, pieces ...string) {
	f.t.Helper()
	for _, p := range pieces {
		if !strings.Contains(a.Text, p) {
			f.t.Errorf("%s lacks %s: %s", a.XMLName.Local, p, a.Text)
		}
	}
}

func action(name string, parameters ...string) url.Values {
	form := url.Values{"Action": {name}}
	for i := 0; i < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	return form
}

// TestService_query is a session of an SDK with the query protocol.
func TestService_query(t *testing.T) {
	t.Parallel()
	f := newForms(t, newWorld(t))
	dead := f.post("/", 200, action("CreateQueue", "QueueName", "dead")).QueueURL
	created := f.post("/", 200,
		action("CreateQueue", "QueueName", "work", "Attribute.1.Name", "VisibilityTimeout", "Attribute.1.Value", "7",
			"Attribute.2.Name", "RedrivePolicy", "Attribute.2.Value",
			`{"maxReceiveCount":2,"deadLetterTargetArn":"`+ARN("dead")+`"}`, "Tag.1.Key", "team", "Tag.1.Value", "a&b"))
	f.want(created, "<ResponseMetadata><RequestId>")
	if created.QueueURL != f.server.URL+"/000000000000/work" || created.XMLName.Space != query.Namespace ||
		created.XMLName.Local != "CreateQueueResponse" {
		t.Errorf("created %+v", created)
	}
	if got := f.post("/", 200, action("ListQueues", "MaxResults", "1000")).QueueURLs; len(got) != 2 || got[0] != dead {
		t.Errorf("listed %q", got)
	}
	const path = "/000000000000/work"
	f.want(f.post("/", 200, action("GetQueueUrl", "QueueName", "work")),
		"<GetQueueUrlResult><QueueUrl>"+created.QueueURL+"</QueueUrl>")
	f.want(f.post("/000000000000/dead", 200, action("ListDeadLetterSourceQueues")),
		"<QueueUrl>"+created.QueueURL+"</QueueUrl>")
	f.want(f.post(path, 200,
		action("GetQueueAttributes", "AttributeName.1", "VisibilityTimeout", "AttributeName.2", "QueueArn")),
		"<Attribute><Name>QueueArn</Name><Value>"+ARN("work")+"</Value></Attribute>",
		"<Attribute><Name>VisibilityTimeout</Name><Value>7</Value></Attribute>")
	f.want(f.post(path, 200, action("ListQueueTags")), "<Tag><Key>team</Key><Value>a&amp;b</Value></Tag>")
	f.want(f.post(path, 200, action("SetQueueAttributes", "Attribute.1.Name", "DelaySeconds", "Attribute.1.Value",
		"0")), "<ResponseMetadata>")

	sent := f.post(path, 200,
		action("SendMessage", "MessageBody", "a < b", "DelaySeconds", "0", "MessageAttribute.1.Name", "n",
			"MessageAttribute.1.Value.DataType", "Number", "MessageAttribute.1.Value.StringValue", "12",
			"MessageAttribute.2.Name", "b",
			"MessageAttribute.2.Value.DataType", "Binary", "MessageAttribute.2.Value.BinaryValue", "AAE=",
			"MessageSystemAttribute.1.Name", "AWSTraceHeader", "MessageSystemAttribute.1.Value.DataType", "String",
			"MessageSystemAttribute.1.Value.StringValue", "Root=1"))
	f.want(sent, "<MD5OfMessageBody>"+md5Hex("a < b"), "<MD5OfMessageAttributes>", "<MessageId>",
		"<MD5OfMessageSystemAttributes>")
	got := f.post(path, 200,
		action("ReceiveMessage", "MaxNumberOfMessages", "1", "VisibilityTimeout", "60", "WaitTimeSeconds", "0",
			"AttributeName.1", "All", "MessageAttributeName.1", "All"))
	f.want(got, "<Body>a &lt; b</Body>", "<Attribute><Name>AWSTraceHeader</Name><Value>Root=1</Value></Attribute>")
	if m := got.Message; len(m.MessageAttribute) != 2 || m.MessageAttribute[0].Value.BinaryValue != "AAE=" ||
		m.MessageAttribute[1].Value.StringValue != "12" || len(m.Attribute) < 4 {
		t.Errorf("received %+v", m)
	}
	f.want(f.post(path, 200, action("ChangeMessageVisibility", "ReceiptHandle", got.Message.Handle,
		"VisibilityTimeout", "30")), "<ResponseMetadata>")
	f.want(f.post(path, 200, action("DeleteMessage", "ReceiptHandle", got.Message.Handle)), "<ResponseMetadata>")
	f.want(f.post(path, 200, action("SendMessageBatch", "SendMessageBatchRequestEntry.1.Id", "one",
		"SendMessageBatchRequestEntry.1.MessageBody", "x",
		"SendMessageBatchRequestEntry.2.Id", "two", "SendMessageBatchRequestEntry.2.MessageBody", "y",
		"SendMessageBatchRequestEntry.2.DelaySeconds", "901")),
		"<SendMessageBatchResultEntry><Id>one</Id>",
		"<BatchResultErrorEntry><Code>InvalidParameterValue</Code><Id>two</Id>", "<SenderFault>true</SenderFault>")
	handle := f.post(path, 200, action("ReceiveMessage")).Message.Handle
	f.want(f.post(path, 200, action("ChangeMessageVisibilityBatch", "ChangeMessageVisibilityBatchRequestEntry.1.Id", "one",
		"ChangeMessageVisibilityBatchRequestEntry.1.ReceiptHandle", handle,
		"ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout", "5")),
		"<ChangeMessageVisibilityBatchResultEntry><Id>one</Id></ChangeMessageVisibilityBatchResultEntry>")
	f.want(f.post(path, 200, action("DeleteMessageBatch", "DeleteMessageBatchRequestEntry.1.Id", "one",
		"DeleteMessageBatchRequestEntry.1.ReceiptHandle", handle)),
		"<DeleteMessageBatchResultEntry><Id>one</Id></DeleteMessageBatchResultEntry>")
	f.want(f.post(path, 200, action("ReceiveMessage")), "<ReceiveMessageResult></ReceiveMessageResult>")
	f.want(f.post("/", 200,
		action("StartMessageMoveTask", "SourceArn", ARN("dead"), "MaxNumberOfMessagesPerSecond", "5")), "<TaskHandle>")
	f.want(f.post("/", 200, action("ListMessageMoveTasks", "SourceArn", ARN("dead"))),
		"<ListMessageMoveTasksResultEntry>", "<SourceArn>"+ARN("dead")+"</SourceArn>")
	f.want(f.post(path, 200, action("TagQueue", "Tag.1.Key", "a", "Tag.1.Value", "b", "QueueUrl", created.QueueURL)),
		"<ResponseMetadata>")
	f.want(f.post(path, 200, action("UntagQueue", "TagKey.1", "team")), "<ResponseMetadata>")
	f.want(f.post(path, 200, action("ListQueueTags")),
		"<ListQueueTagsResult><Tag><Key>a</Key><Value>b</Value></Tag></ListQueueTagsResult>")
	f.want(f.post(path, 200, action("PurgeQueue")), "<ResponseMetadata>")
	f.want(f.post(path, 200, action("DeleteQueue")), "<ResponseMetadata>")
}

func TestService_queryErrors(t *testing.T) {
	t.Parallel()
	f := newForms(t, newWorld(t))
	f.post("/", 200, action("CreateQueue", "QueueName", "work"))
	for _, tt := range []struct {
		path   string
		status int
		form   url.Values
		code   string
	}{
		{"/000000000000/absent", 400, action("ReceiveMessage"), "AWS.SimpleQueueService.NonExistentQueue"},
		{"/", 400, action("SendMessage", "MessageBody", "x"), "MissingParameter"},
		{"/", 400, action("CreateQueue", "QueueName", "work", "Attribute.1.Name", "DelaySeconds", "Attribute.1.Value",
			"3"), "QueueAlreadyExists"},
		{"/000000000000/work", 400, action("SendMessageBatch"), "AWS.SimpleQueueService.EmptyBatchRequest"},
		{"/000000000000/work", 400, action("SendMessageBatch", "Entries", ""), "AWS.SimpleQueueService.EmptyBatchRequest"},
		{"/000000000000/work", 400, action("ReceiveMessage", "WaitTimeSeconds", "soon"), "InvalidParameterValue"},
		{"/000000000000/work", 400, action("SetQueueAttributes", "Attribute.1", "x"), "MalformedQueryString"},
		{"/000000000000/work", 400, action("SetQueueAttributes", "Attribute.1.Name", "x", "Attribute", "y"),
			"MalformedQueryString"},
		{"/", 400, url.Values{}, "MissingAction"},
		{"/", 501, action("AddPermission", "Label", "x"), "NotImplemented"},
	} {
		f.want(f.post(tt.path, tt.status, tt.form), "<Error><Type>", "<Code>"+tt.code+"</Code>",
			"</Message></Error><RequestId>")
	}
}

// Errors in JSON also name the code of the query protocol: SDKs that spoke it still report that
// code.
func TestService_queryErrorHeader(t *testing.T) {
	t.Parallel()
	f := newForms(t, newWorld(t))
	f.post("/", 200, action("CreateQueue", "QueueName", "work"))
	for _, tt := range []struct{ op, input, code, header string }{
		{"ReceiveMessage", `{"QueueUrl":"absent"}`, "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue;Sender"},
		{"CreateQueue", `{"QueueName":"work","Attributes":{"DelaySeconds":"3"}}`, "QueueNameExists",
			"QueueAlreadyExists;Sender"},
		{"SendMessageBatch", `{"QueueUrl":"work"}`, "EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest;Sender"},
		{"SendMessage", `{"QueueUrl":"work"}`, "MissingParameter", "MissingParameter;Sender"},
		{"AddPermission", `{}`, "NotImplemented", "NotImplemented;Receiver"},
		{"ListQueues", `{}`, "", ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.server.URL, strings.NewReader(tt.input))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-amz-json-1.0")
		req.Header.Set("X-Amz-Target", "AmazonSQS."+tt.op)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if code, header := res.Header.Get("X-Amzn-ErrorType"),
			res.Header.Get("X-Amzn-Query-Error"); code != tt.code || header != tt.header {
			t.Errorf("%s %s: %q, query %q, want %q, %q", tt.op, tt.input, code, header, tt.code, tt.header)
		}
	}
}

// A request by URL alone, as a person types it, needs neither signature nor version.
func TestService_queryByURL(t *testing.T) {
	t.Parallel()
	f := newForms(t, newWorld(t))
	f.post("/", 200, action("CreateQueue", "QueueName", "work"))
	for _, rest := range []string{"/000000000000/work?Action=SendMessage&MessageBody=x",
		"/?Action=SendMessage&MessageBody=x&QueueUrl=http%3A%2F%2Felsewhere%2Fwork"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.server.URL+rest, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		f.want(f.do(req, 200), "<SendMessageResult>")
	}
}

// URLs in answers lead back to the request's endpoint; in requests only the end of the path counts.
func TestService_queueURLs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := newForms(t, w)
	client := awssqs.New(awssqs.Options{Region: awsapi.Region, BaseEndpoint: &f.server.URL, RetryMaxAttempts: 1,
		Credentials: aws.AnonymousCredentials{}})
	out, err := client.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: aws.String("work")})
	if err != nil || *out.QueueUrl != f.server.URL+"/000000000000/work" {
		t.Fatalf("created %+v, %v", out, err)
	}
	inProcess, err := w.GetQueueUrl(t.Context(), &awssqs.GetQueueUrlInput{QueueName: aws.String("work")})
	if err != nil || *inProcess.QueueUrl != URL("work") {
		t.Errorf("in process %+v, %v", inProcess, err)
	}
	for _, ref := range []string{*out.QueueUrl, *inProcess.QueueUrl,
		"https://sqs.us-east-1.amazonaws.com/123456789012/work", "http://localhost:4566/work",
		"http://localhost:4566/queue/work", "http://sqs.us-east-1.localhost.example:4566/000000000000/work/",
		"https://queue.amazonaws.com/1/work?x=y", "work", ARN("work")} {
		if _, err := client.SendMessage(t.Context(),
			&awssqs.SendMessageInput{QueueUrl: &ref, MessageBody: aws.String("x")}); err != nil {
			t.Errorf("%s: %v", ref, err)
		}
	}
}
