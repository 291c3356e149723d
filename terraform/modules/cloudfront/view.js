// The page decides by itself what it shows: what is no file is the page.
function handler(event) {
    var request = event.request;
    if (!/\.[^/]*$/.test(request.uri)) {
        request.uri = '/index.html';
    }
    return request;
}
