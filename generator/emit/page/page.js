'use strict';
(function () {
  // The filter is of use only with a script, so it is hidden until there is one.
  var box = document.getElementById('filter');
  var entries = Array.prototype.slice.call(document.querySelectorAll('#contents li'));
  box.hidden = false;
  function apply() {
    var words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    entries.forEach(function (entry) {
      var text = (entry.textContent + ' ' + (entry.dataset.hint || '')).toLowerCase();
      entry.hidden = !words.every(function (word) { return text.indexOf(word) >= 0; });
    });
  }
  box.addEventListener('input', apply);
  box.addEventListener('keydown', function (press) {
    if (press.key === 'Escape') {
      box.value = '';
      apply();
    } else if (press.key === 'Enter') {
      var hit = entries.filter(function (entry) { return !entry.hidden && !entry.querySelector('li'); })[0];
      if (hit) hit.querySelector('a').click();
    }
  });

  // The entry of what is being read is marked: the last that starts above the first lines.
  var links = {};
  document.querySelectorAll('#contents a').forEach(function (a) { links[a.getAttribute('href').slice(1)] = a; });
  var targets = Array.prototype.filter.call(document.querySelectorAll('main [id]'), function (target) { return links[target.id]; });
  var current = null;
  function mark() {
    var above = targets.filter(function (target) { return target.getBoundingClientRect().top < 100; });
    var link = above.length > 0 ? links[above[above.length - 1].id] : null;
    if (link === current) return;
    if (current) current.removeAttribute('aria-current');
    if (link) link.setAttribute('aria-current', 'location');
    current = link;
  }
  addEventListener('scroll', mark, { passive: true });
  mark();
})();
