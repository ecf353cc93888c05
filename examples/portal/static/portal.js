// The button "Đổi mã" without a reload. If the script fails, the button still sends the form, and the page returns with
// a new image and the reader's input.
const button = document.getElementById("doi-ma");
const image = document.getElementById("anh-ma");
const status = document.getElementById("doi-ma-bao");

button?.addEventListener("click", async (event) => {
  event.preventDefault();
  button.disabled = true;
  try {
    const answer = await fetch("/ma-kiem-tra", { cache: "no-store" });
    const fresh = await answer.json();
    if (!answer.ok) {
      status.textContent = fresh.message;
      return;
    }
    const form = button.form.elements;
    for (const name of ["challenge_token", "image", "request_id"]) form[name].value = fresh[name];
    image.src = `data:image/png;base64,${fresh.image}`;
    image.alt = fresh.image_alt;
    image.hidden = false;
    status.textContent = "Đã đổi sang mã mới.";
    form.challenge_answer.value = "";
    form.challenge_answer.focus();
  } catch {
    button.disabled = false;
    button.form.requestSubmit(button);
  } finally {
    button.disabled = false;
  }
});
