// Says so in words where the page cannot run. Written for browsers that are too old for the page itself.
(function () {
  function show(id) {
    var sentence = document.getElementById(id);
    if (sentence) sentence.hidden = false;
  }
  var isOld =
    !('noModule' in document.createElement('script')) ||
    !window.Intl ||
    !Intl.Segmenter ||
    !Array.prototype.at ||
    !Array.prototype.toSorted ||
    !window.CSS ||
    !CSS.supports('color', 'color-mix(in srgb, red, blue)');
  if (isOld) show('old-browser');
  window.addEventListener(
    'error',
    function (event) {
      var root = document.querySelector('app-root');
      // An empty root: the page failed before it could show an error of its own.
      if (!isOld && event.target !== window && root && !root.firstChild) show('failed-start');
    },
    true,
  );
})();
